"""Baseline: every table of the first release."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('establish', 'change', 'suspend', 'resume', 'cancel', 'delegate', 'take_over', 'take_back', 'transfer', 'merge', 'split', 'entrust', name='actkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject', sa.Enum('region', 'agency', 'basic_item', 'implementation', 'code', 'register', name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(31), nullable=False),
    sa.Column('document_number', sa.String(100), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('issuing_body', sa.String(200), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.CheckConstraint("trim(document_number) <> ''", name=op.f('ck_act_has_document')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act'))
    )
    op.create_index(op.f('ix_act_code'), 'act', ['code'], unique=False)
    op.create_table('calendar_year',
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('document', sa.String(300), nullable=False),
    sa.Column('differences', Json, nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_calendar_year'))
    )
    op.create_table('change',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('subject', sa.Enum('region', 'agency', 'basic_item', 'implementation', 'code', 'register', name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(50), nullable=False),
    sa.Column('kind', sa.Enum('upsert', 'end', name='changekind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=True),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('digest', sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_change'))
    )
    op.create_index(op.f('ix_change_code'), 'change', ['code'], unique=False)
    op.create_table('change_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_change_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_head'))
    )
    op.create_table('code_alias',
    sa.Column('old_code', sa.String(33), nullable=False),
    sa.Column('new_code', sa.String(33), nullable=False),
    sa.Column('act_kind', sa.String(20), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('document_number', sa.String(100), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('old_code <> new_code', name=op.f('ck_code_alias_goes_elsewhere')),
    sa.PrimaryKeyConstraint('old_code', 'new_code', name=op.f('pk_code_alias'))
    )
    op.create_index(op.f('ix_code_alias_new_code'), 'code_alias', ['new_code'], unique=False)
    op.create_table('code_entry',
    sa.Column('list_name', sa.String(60), nullable=False),
    sa.Column('namespace', sa.String(2), nullable=False),
    sa.Column('code', sa.String(30), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('zh', sa.String(200), nullable=False),
    sa.Column('en', sa.String(200), nullable=False),
    sa.Column('note', sa.String(500), nullable=True),
    sa.PrimaryKeyConstraint('list_name', 'namespace', 'code', name=op.f('pk_code_entry'))
    )
    op.create_table('code_series',
    sa.Column('series', sa.String(12), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.CheckConstraint('last_number >= 0', name=op.f('ck_code_series_counts_up')),
    sa.PrimaryKeyConstraint('series', name=op.f('pk_code_series'))
    )
    op.create_table('inheritance_rule',
    sa.Column('element', sa.String(60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('policy', sa.String(10), nullable=False),
    sa.Column('rule', sa.String(120), nullable=True),
    sa.Column('reason', sa.String(500), nullable=False),
    sa.Column('zh', sa.String(200), nullable=False),
    sa.Column('document', sa.String(200), nullable=True),
    sa.CheckConstraint("policy IN ('locked', 'tighten', 'local')", name=op.f('ck_inheritance_rule_policy')),
    sa.PrimaryKeyConstraint('element', name=op.f('pk_inheritance_rule'))
    )
    op.create_table('issued_code',
    sa.Column('code', sa.String(14), nullable=False),
    sa.Column('series', sa.String(12), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('origin', sa.Enum('allocated', 'registered', name='codeorigin', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('document_number', sa.String(100), nullable=True),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('retired_on', sa.Date(), nullable=True),
    sa.Column('retired_by_document', sa.String(100), nullable=True),
    sa.CheckConstraint('(retired_on IS NULL) = (retired_by_document IS NULL)', name=op.f('ck_issued_code_retired_by_document')),
    sa.CheckConstraint('number IS NULL OR (number BETWEEN 1 AND 999)', name=op.f('ck_issued_code_number_in_range')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_issued_code')),
    sa.UniqueConstraint('series', 'number', name=op.f('uq_issued_code_series_number'))
    )
    op.create_table('placeholder_scheme',
    sa.Column('id', sa.String(20), nullable=False),
    sa.Column('pattern', sa.String(200), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('document', sa.String(200), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_placeholder_scheme'))
    )
    op.create_table('region',
    sa.Column('code', sa.String(12), nullable=False),
    sa.Column('name', sa.String(100), nullable=False),
    sa.Column('level', sa.Enum('league', 'banner', 'township', 'village', name='regionlevel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind', sa.Enum('division', 'zone', name='regionkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('parent_code', sa.String(12), nullable=True),
    sa.Column('statistical_only', sa.Boolean(), nullable=False),
    sa.Column('governed_by', sa.String(12), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('document_number', sa.String(100), nullable=True),
    sa.CheckConstraint("(parent_code IS NULL) = (level = 'league')", name=op.f('ck_region_only_the_league_is_root')),
    sa.CheckConstraint("kind = 'zone' OR substr(code, 7, 1) <> 'Z'", name=op.f('ck_region_letters_mark_zones')),
    sa.CheckConstraint('length(code) = 12', name=op.f('ck_region_twelve_characters')),
    sa.ForeignKeyConstraint(['governed_by'], ['region.code'], name=op.f('fk_region_governed_by_region')),
    sa.ForeignKeyConstraint(['parent_code'], ['region.code'], name=op.f('fk_region_parent_code_region')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_region'))
    )
    op.create_index(op.f('ix_region_parent_code'), 'region', ['parent_code'], unique=False)
    op.create_table('register_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_register_version_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_version'))
    )
    op.create_table('review_note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Enum('region', 'agency', 'basic_item', 'implementation', 'code', 'register', name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(31), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('step', sa.Enum('submit', 'take_back', 'send_back', 'approve', 'publish', 'withdraw', name='reviewstep', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('opinion', sa.String(), nullable=True),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_note'))
    )
    op.create_index('ix_review_note_thing', 'review_note', ['subject', 'code', 'edition'], unique=False)
    op.create_table('agency',
    sa.Column('code', sa.String(18), nullable=False),
    sa.Column('kind', sa.Enum('organ', 'institution', 'residents_committee', 'villagers_committee', 'zone_committee', name='agencykind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('nature', sa.String(1), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.Column('parent_code', sa.String(18), nullable=True),
    sa.Column('demonstration_code', sa.Boolean(), nullable=False),
    sa.Column('name', sa.String(1000), nullable=False),
    sa.CheckConstraint("nature IN ('1', '2', '3', '9')", name=op.f('ck_agency_nature')),
    sa.CheckConstraint('length(code) = 18', name=op.f('ck_agency_eighteen_characters')),
    sa.CheckConstraint('parent_code IS NULL OR parent_code <> code', name=op.f('ck_agency_not_its_own_parent')),
    sa.ForeignKeyConstraint(['parent_code'], ['agency.code'], name=op.f('fk_agency_parent_code_agency')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_agency_region_code_region')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_agency'))
    )
    op.create_index(op.f('ix_agency_name'), 'agency', ['name'], unique=False)
    op.create_index(op.f('ix_agency_parent_code'), 'agency', ['parent_code'], unique=False)
    op.create_index(op.f('ix_agency_region_code'), 'agency', ['region_code'], unique=False)
    op.create_table('basic_item',
    sa.Column('basic_code', sa.String(12), nullable=False),
    sa.Column('item_type', sa.String(2), nullable=False),
    sa.Column('parent_basic_code', sa.String(12), nullable=True),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('item_type = substr(basic_code, 3, 2)', name=op.f('ck_basic_item_type_is_in_the_code')),
    sa.CheckConstraint('length(basic_code) = 12', name=op.f('ck_basic_item_twelve_characters')),
    sa.CheckConstraint('parent_basic_code IS NULL OR parent_basic_code <> basic_code', name=op.f('ck_basic_item_not_its_own_parent')),
    sa.ForeignKeyConstraint(['basic_code'], ['issued_code.code'], name=op.f('fk_basic_item_basic_code_issued_code')),
    sa.ForeignKeyConstraint(['parent_basic_code'], ['basic_item.basic_code'], name=op.f('fk_basic_item_parent_basic_code_basic_item')),
    sa.PrimaryKeyConstraint('basic_code', name=op.f('pk_basic_item'))
    )
    op.create_index(op.f('ix_basic_item_item_type'), 'basic_item', ['item_type'], unique=False)
    op.create_index(op.f('ix_basic_item_parent_basic_code'), 'basic_item', ['parent_basic_code'], unique=False)
    op.create_table('region_line',
    sa.Column('descendant', sa.String(12), nullable=False),
    sa.Column('ancestor', sa.String(12), nullable=False),
    sa.Column('distance', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ancestor'], ['region.code'], name=op.f('fk_region_line_ancestor_region')),
    sa.ForeignKeyConstraint(['descendant'], ['region.code'], name=op.f('fk_region_line_descendant_region')),
    sa.PrimaryKeyConstraint('descendant', 'ancestor', name=op.f('pk_region_line'))
    )
    op.create_index('ix_region_line_ancestor_descendant', 'region_line', ['ancestor', 'descendant'], unique=False)
    op.create_table('standing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Enum('region', 'agency', 'basic_item', 'implementation', 'code', 'register', name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(31), nullable=False),
    sa.Column('state', sa.Enum('1', '2', '3', name='itemstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_standing_act_id_act')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing'))
    )
    op.create_index('ix_standing_thing', 'standing', ['subject', 'code', 'from_on'], unique=False)
    op.create_table('zone_member',
    sa.Column('zone_code', sa.String(12), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_zone_member_region_code_region')),
    sa.ForeignKeyConstraint(['zone_code'], ['region.code'], name=op.f('fk_zone_member_zone_code_region')),
    sa.PrimaryKeyConstraint('zone_code', 'region_code', name=op.f('pk_zone_member'))
    )
    op.create_index(op.f('ix_zone_member_region_code'), 'zone_member', ['region_code'], unique=False)
    op.create_table('agency_facts',
    sa.Column('agency_code', sa.String(18), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('content', Json, nullable=False),
    sa.CheckConstraint('number >= 1', name=op.f('ck_agency_facts_counts_from_one')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_agency_facts_agency_code_agency')),
    sa.PrimaryKeyConstraint('agency_code', 'number', name=op.f('pk_agency_facts'))
    )
    op.create_table('basic_item_edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'submitted', 'returned', 'approved', 'published', 'superseded', 'withdrawn', name='workstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind', sa.Enum('establishment', 'change', 'correction', name='editionkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('drafted_by', sa.String(200), nullable=False),
    sa.Column('authors', Json, nullable=False),
    sa.Column('submitted_by', sa.String(200), nullable=True),
    sa.Column('effective_from', sa.Date(), nullable=True),
    sa.Column('effective_until', sa.Date(), nullable=True),
    sa.Column('published_at', UtcDateTime(), nullable=True),
    sa.Column('content', Json, nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=False),
    sa.Column('name', sa.String(1000), nullable=False),
    sa.Column('notice_days', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('published', 'superseded') OR published_at IS NOT NULL", name=op.f('ck_basic_item_edition_in_force_was_published')),
    sa.CheckConstraint('(published_at IS NULL) = (effective_from IS NULL)', name=op.f('ck_basic_item_edition_published_has_date')),
    sa.CheckConstraint('effective_until IS NULL OR effective_until > effective_from', name=op.f('ck_basic_item_edition_ends_after_it_begins')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_basic_item_edition_counts_from_one')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_basic_item_edition_basic_code_basic_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_basic_item_edition'))
    )
    op.create_index('uq_basic_item_edition_number', 'basic_item_edition', ['basic_code', 'number'], unique=True)
    op.create_index('uq_basic_item_edition_open', 'basic_item_edition', ['basic_code'], unique=True, sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"))
    op.create_index('uq_basic_item_edition_published', 'basic_item_edition', ['basic_code'], unique=True, sqlite_where=sa.text("state = 'published'"), postgresql_where=sa.text("state = 'published'"))
    op.create_table('implementation',
    sa.Column('implementation_code', sa.String(31), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=False),
    sa.Column('exercise_level', sa.String(1), nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.Column('claimed_by', sa.String(200), nullable=False),
    sa.Column('claimed_at', UtcDateTime(), nullable=False),
    sa.Column('act_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("exercise_level IN ('1', '2', '3', '4', '5', '6')", name=op.f('ck_implementation_level_in_range')),
    sa.CheckConstraint('implementation_code = agency_code || exercise_level || basic_code', name=op.f('ck_implementation_code_is_computed')),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_implementation_act_id_act')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_implementation_agency_code_agency')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_implementation_basic_code_basic_item')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_implementation_region_code_region')),
    sa.PrimaryKeyConstraint('implementation_code', name=op.f('pk_implementation'))
    )
    op.create_index('ix_implementation_agency', 'implementation', ['agency_code', 'basic_code'], unique=False)
    op.create_index('ix_implementation_place', 'implementation', ['basic_code', 'region_code'], unique=False)
    op.create_index('ix_implementation_region', 'implementation', ['region_code'], unique=False)
    op.create_table('basic_item_facet',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('facet', sa.String(30), nullable=False),
    sa.Column('value', sa.String(1000), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['basic_item_edition.id'], name=op.f('fk_basic_item_facet_edition_id_basic_item_edition')),
    sa.PrimaryKeyConstraint('edition_id', 'facet', 'value', name=op.f('pk_basic_item_facet'))
    )
    op.create_index('ix_basic_item_facet_value', 'basic_item_facet', ['facet', 'value', 'edition_id'], unique=False)
    op.create_table('implementation_edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'submitted', 'returned', 'approved', 'published', 'superseded', 'withdrawn', name='workstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind', sa.Enum('establishment', 'change', 'correction', name='editionkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('drafted_by', sa.String(200), nullable=False),
    sa.Column('authors', Json, nullable=False),
    sa.Column('submitted_by', sa.String(200), nullable=True),
    sa.Column('effective_from', sa.Date(), nullable=True),
    sa.Column('effective_until', sa.Date(), nullable=True),
    sa.Column('published_at', UtcDateTime(), nullable=True),
    sa.Column('content', Json, nullable=False),
    sa.Column('implementation_code', sa.String(31), nullable=False),
    sa.Column('availability', sa.Enum('offered', 'offered_below', 'offered_by_other', 'not_offered', name='offer', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('based_on_edition', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('published', 'superseded') OR published_at IS NOT NULL", name=op.f('ck_implementation_edition_in_force_was_published')),
    sa.CheckConstraint('(published_at IS NULL) = (effective_from IS NULL)', name=op.f('ck_implementation_edition_published_has_date')),
    sa.CheckConstraint('effective_until IS NULL OR effective_until > effective_from', name=op.f('ck_implementation_edition_ends_after_it_begins')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_implementation_edition_counts_from_one')),
    sa.ForeignKeyConstraint(['implementation_code'], ['implementation.implementation_code'], name=op.f('fk_implementation_edition_implementation_code_implementation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_implementation_edition'))
    )
    op.create_index('uq_implementation_edition_number', 'implementation_edition', ['implementation_code', 'number'], unique=True)
    op.create_index('uq_implementation_edition_open', 'implementation_edition', ['implementation_code'], unique=True, sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"))
    op.create_index('uq_implementation_edition_published', 'implementation_edition', ['implementation_code'], unique=True, sqlite_where=sa.text("state = 'published'"), postgresql_where=sa.text("state = 'published'"))
    op.create_table('served_region',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['implementation_edition.id'], name=op.f('fk_served_region_edition_id_implementation_edition')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_served_region_region_code_region')),
    sa.PrimaryKeyConstraint('edition_id', 'region_code', name=op.f('pk_served_region'))
    )
    op.create_index(op.f('ix_served_region_region_code'), 'served_region', ['region_code'], unique=False)

    op.execute("INSERT INTO change_head (id, number, digest) VALUES (1, 0, '')")
    op.execute("INSERT INTO register_version (id, number, changed_at) VALUES (1, 0, '1970-01-01 00:00:00.000000')")
    keep_for_ever("change")


def keep_for_ever(table: str) -> None:
    """Let the database refuse to edit or drop a row of an append-only table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON \"{table}\" "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \"{table}\" "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change()"
    )


def downgrade() -> None:
    op.drop_index(op.f('ix_served_region_region_code'), table_name='served_region')
    op.drop_table('served_region')
    op.drop_index('uq_implementation_edition_published', table_name='implementation_edition', sqlite_where=sa.text("state = 'published'"), postgresql_where=sa.text("state = 'published'"))
    op.drop_index('uq_implementation_edition_open', table_name='implementation_edition', sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"))
    op.drop_index('uq_implementation_edition_number', table_name='implementation_edition')
    op.drop_table('implementation_edition')
    op.drop_index('ix_basic_item_facet_value', table_name='basic_item_facet')
    op.drop_table('basic_item_facet')
    op.drop_index('ix_implementation_region', table_name='implementation')
    op.drop_index('ix_implementation_place', table_name='implementation')
    op.drop_index('ix_implementation_agency', table_name='implementation')
    op.drop_table('implementation')
    op.drop_index('uq_basic_item_edition_published', table_name='basic_item_edition', sqlite_where=sa.text("state = 'published'"), postgresql_where=sa.text("state = 'published'"))
    op.drop_index('uq_basic_item_edition_open', table_name='basic_item_edition', sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned', 'approved')"))
    op.drop_index('uq_basic_item_edition_number', table_name='basic_item_edition')
    op.drop_table('basic_item_edition')
    op.drop_table('agency_facts')
    op.drop_index(op.f('ix_zone_member_region_code'), table_name='zone_member')
    op.drop_table('zone_member')
    op.drop_index('ix_standing_thing', table_name='standing')
    op.drop_table('standing')
    op.drop_index('ix_region_line_ancestor_descendant', table_name='region_line')
    op.drop_table('region_line')
    op.drop_index(op.f('ix_basic_item_parent_basic_code'), table_name='basic_item')
    op.drop_index(op.f('ix_basic_item_item_type'), table_name='basic_item')
    op.drop_table('basic_item')
    op.drop_index(op.f('ix_agency_region_code'), table_name='agency')
    op.drop_index(op.f('ix_agency_parent_code'), table_name='agency')
    op.drop_index(op.f('ix_agency_name'), table_name='agency')
    op.drop_table('agency')
    op.drop_index('ix_review_note_thing', table_name='review_note')
    op.drop_table('review_note')
    op.drop_table('register_version')
    op.drop_index(op.f('ix_region_parent_code'), table_name='region')
    op.drop_table('region')
    op.drop_table('placeholder_scheme')
    op.drop_table('issued_code')
    op.drop_table('inheritance_rule')
    op.drop_table('code_series')
    op.drop_table('code_entry')
    op.drop_index(op.f('ix_code_alias_new_code'), table_name='code_alias')
    op.drop_table('code_alias')
    op.drop_table('change_head')
    op.drop_index(op.f('ix_change_code'), table_name='change')
    op.drop_table('change')
    op.drop_table('calendar_year')
    op.drop_index(op.f('ix_act_code'), table_name='act')
    op.drop_table('act')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_change()")
