"""The version of hfc whose calls these modules have."""

VERSION = "1.0.0"
