"""Findings of the consistency engine, its runs, and how far it has followed the log."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

SUBJECTS = ('region', 'agency', 'basic_item', 'implementation', 'code', 'register')


def upgrade() -> None:
    op.create_table('finding_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('full', 'scoped', 'following', name='runkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('basic_code', sa.String(12), nullable=True),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('change_number', sa.Integer(), nullable=False),
    sa.Column('implementations', sa.Integer(), nullable=False),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('agencies', sa.Integer(), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('opened', sa.Integer(), nullable=False),
    sa.Column('closed', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_finding_run_agency_code_agency')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_finding_run_basic_code_basic_item')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_finding_run_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_run'))
    )
    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(60), nullable=False),
    sa.Column('severity', sa.Enum('error', 'warning', 'notice', name='severity', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject', sa.Enum(*SUBJECTS, name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(31), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('basic_code', sa.String(12), nullable=True),
    sa.Column('element', sa.String(200), nullable=False),
    sa.Column('zh', sa.String(), nullable=False),
    sa.Column('en', sa.String(), nullable=False),
    sa.Column('standard_value', Json, nullable=True),
    sa.Column('local_value', Json, nullable=True),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('last_run_id', sa.Integer(), nullable=False),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('accepted_by', sa.String(200), nullable=True),
    sa.Column('accepted_at', UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('accepted_until', sa.Date(), nullable=True),
    sa.Column('withdrawn_by', sa.String(200), nullable=True),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('(accepted_by IS NULL) = (accepted_at IS NULL) AND (accepted_by IS NULL) = (reason IS NULL) AND (accepted_by IS NULL) = (accepted_until IS NULL)', name=op.f('ck_finding_accepted_as_a_whole')),
    sa.CheckConstraint('(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL OR accepted_by IS NOT NULL)', name=op.f('ck_finding_withdrawn_after_accepted')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_finding_agency_code_agency')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_finding_basic_code_basic_item')),
    sa.ForeignKeyConstraint(['last_run_id'], ['finding_run.id'], name=op.f('fk_finding_last_run_id_finding_run')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_finding_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    for column in ('rule', 'region_code', 'agency_code', 'basic_code'):
        op.create_index(op.f(f'ix_finding_{column}'), 'finding', [column], unique=False)
    op.create_index('ix_finding_subject_code', 'finding', ['subject', 'code'], unique=False)
    is_open = sa.text('closed_at IS NULL')
    op.create_index('uq_finding_open', 'finding', ['rule', 'subject', 'code', 'element'], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_table('finding_follower',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('change_number', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('rules', sa.String(64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_finding_follower_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_follower'))
    )
    op.execute("INSERT INTO finding_follower (id, change_number, rules) VALUES (1, 0, '')")
    op.create_table('local_mark',
    sa.Column('implementation_code', sa.String(31), nullable=False),
    sa.Column('mark', sa.String(32), nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=False),
    sa.ForeignKeyConstraint(['implementation_code'], ['implementation.implementation_code'], name=op.f('fk_local_mark_implementation_code_implementation')),
    sa.PrimaryKeyConstraint('implementation_code', 'mark', name=op.f('pk_local_mark'))
    )
    op.create_index('ix_local_mark_mark', 'local_mark', ['mark', 'basic_code'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_local_mark_mark', table_name='local_mark')
    op.drop_table('local_mark')
    op.drop_table('finding_follower')
    op.drop_index('uq_finding_open', table_name='finding')
    op.drop_index('ix_finding_subject_code', table_name='finding')
    for column in ('basic_code', 'agency_code', 'region_code', 'rule'):
        op.drop_index(op.f(f'ix_finding_{column}'), table_name='finding')
    op.drop_table('finding')
    op.drop_table('finding_run')
