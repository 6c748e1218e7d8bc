"""Create and remove indexes while other connections write, also after an attempt that was interrupted.

Such a migration has `atomic = False`, and no other operations that can't be run twice.
"""

from collections.abc import Callable

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

Change = Callable[[BaseDatabaseSchemaEditor, type[models.Model], models.Index], None]


def add_index(schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model], index: models.Index) -> None:
    """Create an index that is missing or invalid, without blocking writes where the database can do that."""
    is_valid = _is_valid(schema_editor, index.name)
    if is_valid:
        return
    if is_valid is False:
        schema_editor.remove_index(model, index, **_beside_writes(schema_editor))
    schema_editor.add_index(model, index, **_beside_writes(schema_editor))


def remove_index(schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model], index: models.Index) -> None:
    """Remove an index, if it is there."""
    if _is_valid(schema_editor, index.name) is not None:
        schema_editor.remove_index(model, index, **_beside_writes(schema_editor))


class AddIndexBesideWrites(migrations.AddIndex):
    """`add_index` as a migration operation."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            add_index(schema_editor, model, self.index)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            remove_index(schema_editor, model, self.index)


class RemoveIndexBesideWrites(migrations.RemoveIndex):
    """`remove_index` as a migration operation."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._change(remove_index, app_label, schema_editor, from_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._change(add_index, app_label, schema_editor, to_state)

    def _change(self, change: Change, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState) -> None:
        model = state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            change(schema_editor, model, state.models[app_label, self.model_name_lower].get_index_by_name(self.name))


def _is_valid(schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool | None:
    """Return whether an index is valid, None if there is none. An interrupted creation leaves one that is never used."""
    on_postgresql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s))"
    elsewhere = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s"
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(on_postgresql if schema_editor.connection.vendor == "postgresql" else elsewhere, [name])
        row = cursor.fetchone()
    return row and bool(row[0])


def _beside_writes(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
