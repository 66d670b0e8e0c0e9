"""The legality report as files, in Dutch or English. Needs the extra `kindpakket[report]`."""

from kindpakket.report.legality.files import files_of
from kindpakket.report.legality.settings_file import SettingsError, read_judgements_file, read_settings
from kindpakket.report.legality.words import LANGUAGES

__all__ = ["LANGUAGES", "SettingsError", "files_of", "read_judgements_file", "read_settings"]
