"""Keys of machines."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('access_key',
    sa.Column('prefix', sa.String(8), nullable=False),
    sa.Column('name', sa.String(100), nullable=False),
    sa.Column('role', sa.Enum('editor', 'reviewer', 'publisher', 'appeals_officer', 'supervisor', 'county_office', 'kiosk', 'administrator', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('salt', sa.String(32), nullable=False),
    sa.Column('digest', sa.String(64), nullable=False),
    sa.Column('addresses', Json, nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('created_by', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_by', sa.String(200), nullable=True),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('(region_code IS NULL) <> (agency_code IS NULL)', name=op.f('ck_access_key_one_limit')),
    sa.CheckConstraint('(revoked_at IS NULL) = (revoked_by IS NULL)', name=op.f('ck_access_key_revoked_by_somebody')),
    sa.CheckConstraint('expires_at > created_at', name=op.f('ck_access_key_expires_later')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_access_key_agency_code_agency')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_access_key_region_code_region')),
    sa.PrimaryKeyConstraint('prefix', name=op.f('pk_access_key'))
    )
    op.create_index(op.f('ix_access_key_agency_code'), 'access_key', ['agency_code'], unique=False)
    op.create_index(op.f('ix_access_key_region_code'), 'access_key', ['region_code'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_access_key_region_code'), table_name='access_key')
    op.drop_index(op.f('ix_access_key_agency_code'), table_name='access_key')
    op.drop_table('access_key')
