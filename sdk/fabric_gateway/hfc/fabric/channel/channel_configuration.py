"""A channel's configuration that a program keeps."""

from __future__ import annotations

from pathlib import Path


class ChannelConfiguration:
    """Bytes, given or of a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: neither or both are given.
    """

    def __init__(self, config: bytes | None = None, file_path: str | None = None) -> None:
        if (config is None) == (file_path is None):
            raise ValueError("give either config or file_path")
        self._config = Path(file_path).read_bytes() if file_path is not None else config

    @property
    def config(self) -> bytes | None:
        """The bytes."""
        return self._config

    @config.setter
    def config(self, config: bytes | None) -> None:
        self._config = config
