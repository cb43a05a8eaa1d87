"""Delegation of items to lower levels; what agencies have taken note of."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import UtcDateTime


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('delegation',
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=False),
    sa.Column('from_level', sa.String(1), nullable=False),
    sa.Column('to_level', sa.String(1), nullable=False),
    sa.Column('upper_ends', sa.Boolean(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.CheckConstraint('from_level < to_level', name=op.f('ck_delegation_goes_down')),
    sa.CheckConstraint("to_level IN ('3', '4', '5', '6')", name=op.f('ck_delegation_level_of_the_league')),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_delegation_act_id_act')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_delegation_basic_code_basic_item')),
    sa.PrimaryKeyConstraint('act_id', name=op.f('pk_delegation'))
    )
    op.create_index(op.f('ix_delegation_basic_code'), 'delegation', ['basic_code'], unique=False)
    op.create_table('delegated_region',
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['delegation.act_id'], name=op.f('fk_delegated_region_act_id_delegation')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_delegated_region_region_code_region')),
    sa.PrimaryKeyConstraint('act_id', 'region_code', name=op.f('pk_delegated_region'))
    )
    op.create_index(op.f('ix_delegated_region_region_code'), 'delegated_region', ['region_code'], unique=False)
    op.create_table('acknowledgement',
    sa.Column('agency_code', sa.String(18), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_acknowledgement_agency_code_agency')),
    sa.ForeignKeyConstraint(['edition_id'], ['basic_item_edition.id'], name=op.f('fk_acknowledgement_edition_id_basic_item_edition')),
    sa.PrimaryKeyConstraint('agency_code', 'edition_id', name=op.f('pk_acknowledgement'))
    )
    op.create_index(op.f('ix_acknowledgement_edition_id'), 'acknowledgement', ['edition_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_acknowledgement_edition_id'), table_name='acknowledgement')
    op.drop_table('acknowledgement')
    op.drop_index(op.f('ix_delegated_region_region_code'), table_name='delegated_region')
    op.drop_table('delegated_region')
    op.drop_index(op.f('ix_delegation_basic_code'), table_name='delegation')
    op.drop_table('delegation')
