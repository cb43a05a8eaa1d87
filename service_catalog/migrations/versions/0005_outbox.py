"""Messages that must go out once, and where bodies want to be told."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outbox_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('once', sa.String(200), nullable=False),
    sa.Column('kind', sa.String(40), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('facts', Json, nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('not_before', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_until', UtcDateTime(), nullable=True),
    sa.Column('reached', Json, nullable=False),
    sa.Column('sent_at', UtcDateTime(), nullable=True),
    sa.Column('given_up_at', UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.String(500), nullable=True),
    sa.CheckConstraint('(agency_code IS NULL) <> (region_code IS NULL)', name=op.f('ck_outbox_message_one_recipient')),
    sa.CheckConstraint('sent_at IS NULL OR given_up_at IS NULL', name=op.f('ck_outbox_message_one_end')),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_outbox_message_attempts_counted')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_outbox_message_agency_code_agency')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_outbox_message_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message'))
    )
    for column in ('agency_code', 'region_code'):
        op.create_index(op.f(f'ix_outbox_message_{column}'), 'outbox_message', [column], unique=False)
    op.create_index('uq_outbox_message_once', 'outbox_message', ['once'], unique=True)
    waits = sa.text('sent_at IS NULL AND given_up_at IS NULL')
    op.create_index('ix_outbox_message_waits', 'outbox_message', ['not_before', 'id'], unique=False, sqlite_where=waits, postgresql_where=waits)
    op.create_table('delivery_address',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('way', sa.Enum('webhook', 'mail', name='way', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('address', sa.String(500), nullable=False),
    sa.Column('secret_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('created_by', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('(agency_code IS NULL) <> (region_code IS NULL)', name=op.f('ck_delivery_address_one_recipient')),
    sa.CheckConstraint("(way = 'webhook') = (secret_sealed IS NOT NULL)", name=op.f('ck_delivery_address_webhooks_are_signed')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_delivery_address_agency_code_agency')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_delivery_address_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_address'))
    )
    op.create_index('uq_delivery_address_agency', 'delivery_address', ['agency_code', 'way', 'address'], unique=True)
    op.create_index('uq_delivery_address_region', 'delivery_address', ['region_code', 'way', 'address'], unique=True)


def downgrade() -> None:
    op.drop_index('uq_delivery_address_region', table_name='delivery_address')
    op.drop_index('uq_delivery_address_agency', table_name='delivery_address')
    op.drop_table('delivery_address')
    op.drop_index('ix_outbox_message_waits', table_name='outbox_message')
    op.drop_index('uq_outbox_message_once', table_name='outbox_message')
    for column in ('region_code', 'agency_code'):
        op.drop_index(op.f(f'ix_outbox_message_{column}'), table_name='outbox_message')
    op.drop_table('outbox_message')
