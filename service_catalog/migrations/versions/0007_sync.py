"""The way down and up: departures from a region, readers, pushes with receipts, replicas."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

ROLES = ['editor', 'reviewer', 'publisher', 'appeals_officer', 'supervisor', 'county_office', 'standing_office', 'kiosk', 'administrator']
WAITING = [
    ('ix_waiting_appeal_waits', ['attempts', 'handed_in_at', 'number'], 'forwarded_at IS NULL AND refused_at IS NULL'),
    ('ix_waiting_appeal_to_erase', ['number'], 'forwarded_at IS NOT NULL AND erased_at IS NULL'),
    ('ix_waiting_appeal_to_forget', ['forwarded_at'], 'erased_at IS NOT NULL AND forgotten_at IS NULL'),
]


def _let_roles_be(roles: list[str]) -> None:
    rule = "role IN ({})".format(', '.join(f"'{role}'" for role in roles))
    with op.batch_alter_table('access_key') as table:
        table.drop_constraint(op.f('ck_access_key_role'), type_='check')
        table.create_check_constraint(op.f('ck_access_key_role'), rule)


def upgrade() -> None:
    op.create_index('ix_change_subject_code_number', 'change', ['subject', 'code', 'number'], unique=False)
    op.create_table('departure',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_departure'))
    )
    op.create_table('reader',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(200), nullable=False),
    sa.Column('kind', sa.Enum('replica', 'office', 'kiosk', name='readerkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('credential', sa.String(300), nullable=False),
    sa.Column('change_number', sa.Integer(), nullable=False),
    sa.Column('confirmed_at', UtcDateTime(), nullable=True),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('waiting_appeals', sa.Integer(), nullable=False),
    sa.Column('software', sa.String(100), nullable=True),
    sa.CheckConstraint('change_number >= 0 AND waiting_appeals >= 0', name=op.f('ck_reader_counts_from_nought')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_reader_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reader'))
    )
    for column in ('region_code', 'credential'):
        op.create_index(op.f(f'ix_reader_{column}'), 'reader', [column], unique=False)
    op.create_index('uq_reader_name', 'reader', ['name'], unique=True)
    op.create_table('replica_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('centre', sa.String(500), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('change_number', sa.Integer(), nullable=False),
    sa.Column('confirmed_at', UtcDateTime(), nullable=False),
    sa.Column('confirmed_here_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_replica_state_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replica_state'))
    )
    op.create_table('push_batch',
    sa.Column('id', sa.String(16), nullable=False),
    sa.Column('key', sa.String(64), nullable=False),
    sa.Column('body', sa.String(64), nullable=False),
    sa.Column('kind', sa.Enum('implementations', 'agencies', name='pushkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('identity', sa.String(300), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False),
    sa.Column('head', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_batch')),
    sa.UniqueConstraint('key', name=op.f('uq_push_batch_key'))
    )
    op.create_table('push_receipt',
    sa.Column('batch_id', sa.String(16), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.String(100), nullable=True),
    sa.Column('outcome', sa.Enum('drafted', 'published', 'unchanged', 'refused', 'conflict', 'held', name='outcome', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('document', sa.String(), nullable=False),
    sa.CheckConstraint('position >= 0', name=op.f('ck_push_receipt_counts_from_nought')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_push_receipt_agency_code_agency')),
    sa.ForeignKeyConstraint(['batch_id'], ['push_batch.id'], name=op.f('fk_push_receipt_batch_id_push_batch')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_push_receipt_region_code_region')),
    sa.PrimaryKeyConstraint('batch_id', 'position', name=op.f('pk_push_receipt'))
    )
    op.create_index(op.f('ix_push_receipt_record_id'), 'push_receipt', ['record_id'], unique=False)
    op.create_table('number_range',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('reader', sa.String(60), nullable=False),
    sa.Column('holder', sa.String(300), nullable=False),
    sa.Column('given_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('number BETWEEN 1 AND 99', name=op.f('ck_number_range_two_digits')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_number_range')),
    sa.UniqueConstraint('reader', name=op.f('uq_number_range_reader'))
    )
    op.create_table('held_range',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('centre', sa.String(500), nullable=False),
    sa.Column('reader', sa.String(60), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('got_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_held_range_one_row')),
    sa.CheckConstraint('number BETWEEN 1 AND 99', name=op.f('ck_held_range_two_digits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held_range'))
    )
    op.create_table('waiting_appeal',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('handed_in_at', UtcDateTime(), nullable=False),
    sa.Column('forwarded_at', UtcDateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_fault', sa.String(300), nullable=True),
    sa.Column('refused_at', UtcDateTime(), nullable=True),
    sa.Column('erased_at', UtcDateTime(), nullable=True),
    sa.Column('forgotten_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_waiting_appeal_counts_from_nought')),
    sa.CheckConstraint('forwarded_at IS NULL OR refused_at IS NULL', name=op.f('ck_waiting_appeal_one_end')),
    sa.CheckConstraint('erased_at IS NULL OR forwarded_at IS NOT NULL', name=op.f('ck_waiting_appeal_erased_when_forwarded')),
    sa.CheckConstraint('forgotten_at IS NULL OR erased_at IS NOT NULL', name=op.f('ck_waiting_appeal_forgotten_when_erased')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_waiting_appeal_number_appeal')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_waiting_appeal'))
    )
    for name, columns, those in WAITING:
        op.create_index(name, 'waiting_appeal', columns, unique=False, sqlite_where=sa.text(those), postgresql_where=sa.text(those))
    _let_roles_be(ROLES)


def downgrade() -> None:
    op.execute("UPDATE access_key SET role = 'county_office' WHERE role = 'standing_office'")
    _let_roles_be([role for role in ROLES if role != 'standing_office'])
    for name, _, those in WAITING:
        op.drop_index(name, table_name='waiting_appeal', sqlite_where=sa.text(those), postgresql_where=sa.text(those))
    for table in ('waiting_appeal', 'held_range', 'number_range'):
        op.drop_table(table)
    op.drop_index(op.f('ix_push_receipt_record_id'), table_name='push_receipt')
    op.drop_table('push_receipt')
    op.drop_table('push_batch')
    op.drop_table('replica_state')
    op.drop_index('uq_reader_name', table_name='reader')
    for column in ('credential', 'region_code'):
        op.drop_index(op.f(f'ix_reader_{column}'), table_name='reader')
    op.drop_table('reader')
    op.drop_table('departure')
    op.drop_index('ix_change_subject_code_number', table_name='change')
