"""The register's migrations, for alembic; `kindpakket.backoffice.register.schema` runs them."""
