"""Appeals: what people brought, what was done, who was late, what was published."""

import sqlalchemy as sa
from alembic import op

from service_catalog.kernel.database import Json, UtcDateTime


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KINDS = ('consultation', 'help', 'opinion', 'suggestion', 'complaint')
STAGES = ('registered', 'need_info', 'accepted', 'refused', 'merged', 'dispatched', 'signed', 'returned', 'handling', 'answered', 'closed', 'withdrawn')
STEPS = ('register', 'correct_kind', 'name_accused', 'ask', 'supplement', 'lapse', 'accept', 'refuse', 'merge', 'dispatch', 'sign', 'return', 'transfer', 'start', 'assign', 'note', 'ask_joint', 'joint_opinion', 'extend', 'propose_answer', 'reject_answer', 'answer', 'answer_through', 'rate', 'call_back', 'close', 'reopen', 'withdraw', 'recompute', 'see_identity', 'attach', 'publish', 'unpublish', 'erase')


def upgrade() -> None:
    op.add_column('calendar_year', sa.Column('local_document', sa.String(300), nullable=True))
    op.add_column('calendar_year', sa.Column('local_differences', Json, nullable=True))
    op.create_table('appeal_register',
    sa.Column('name', sa.String(20), nullable=False),
    sa.Column('document', Json, nullable=False),
    sa.Column('loaded_by', sa.String(200), nullable=False),
    sa.Column('loaded_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_appeal_register'))
    )
    op.create_table('canned_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=False),
    sa.Column('title', sa.String(200), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('retired_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_canned_answer_agency_code_agency')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_answer'))
    )
    op.create_index(op.f('ix_canned_answer_agency_code'), 'canned_answer', ['agency_code'], unique=False)
    op.create_table('appeal',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('kind', sa.Enum(*KINDS, name='appealkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind_before', sa.Enum(*KINDS, name='kind_before', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('urgency', sa.Enum('normal', 'urgent', name='urgency', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('is_report', sa.Boolean(), nullable=False),
    sa.Column('is_praise', sa.Boolean(), nullable=False),
    sa.Column('channel', sa.String(24), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('region_code', sa.String(12), nullable=True),
    sa.Column('place_said', sa.LargeBinary(), nullable=True),
    sa.Column('desk_region', sa.String(12), nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=True),
    sa.Column('implementation_code', sa.String(31), nullable=True),
    sa.Column('seen', Json, nullable=True),
    sa.Column('element', sa.String(200), nullable=True),
    sa.Column('theme', sa.String(10), nullable=True),
    sa.Column('against_agency', sa.String(18), nullable=True),
    sa.Column('consents', sa.Boolean(), nullable=False),
    sa.Column('query_code', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('received_month', sa.String(7), nullable=False),
    sa.Column('stage', sa.Enum(*STAGES, name='stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('stage_since', UtcDateTime(), nullable=False),
    sa.Column('lead_agency', sa.String(18), nullable=True),
    sa.Column('officer', sa.String(300), nullable=True),
    sa.Column('officer_name', sa.String(200), nullable=True),
    sa.Column('decided_by_league', sa.Boolean(), nullable=False),
    sa.Column('main_number', sa.String(12), nullable=True),
    sa.Column('returns', sa.Integer(), nullable=False),
    sa.Column('reopens', sa.Integer(), nullable=False),
    sa.Column('extensions', sa.Integer(), nullable=False),
    sa.Column('deadline_on', sa.Date(), nullable=True),
    sa.Column('deadline_is_certain', sa.Boolean(), nullable=False),
    sa.Column('counted_to', sa.Date(), nullable=True),
    sa.Column('warn_on', sa.Date(), nullable=True),
    sa.Column('grave_on', sa.Date(), nullable=True),
    sa.Column('step_due_on', sa.Date(), nullable=True),
    sa.Column('step_is_certain', sa.Boolean(), nullable=False),
    sa.Column('step_since', sa.Date(), nullable=True),
    sa.Column('step_days', sa.Integer(), nullable=True),
    sa.Column('joint_due_on', sa.Date(), nullable=True),
    sa.Column('queue_on', sa.Date(), nullable=True),
    sa.Column('next_alert_on', sa.Date(), nullable=True),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('in_time', sa.Boolean(), nullable=True),
    sa.Column('working_days', sa.Integer(), nullable=True),
    sa.Column('grade', sa.Integer(), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('erased_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("(stage = 'merged') = (main_number IS NOT NULL)", name=op.f('ck_appeal_merged_into_something')),
    sa.CheckConstraint("deadline_on IS NULL OR stage IN ('accepted', 'dispatched', 'handling', 'need_info', 'registered', 'returned', 'signed')", name=op.f('ck_appeal_only_open_ones_are_due')),
    sa.CheckConstraint("kind = 'complaint' OR NOT is_report", name=op.f('ck_appeal_a_report_is_a_complaint')),
    sa.CheckConstraint("stage <> 'answered' OR answered_at IS NOT NULL", name=op.f('ck_appeal_answered_has_a_time')),
    sa.CheckConstraint("stage <> 'closed' OR closed_at IS NOT NULL", name=op.f('ck_appeal_closed_has_a_time')),
    sa.CheckConstraint("stage NOT IN ('dispatched', 'signed', 'handling') OR lead_agency IS NOT NULL", name=op.f('ck_appeal_somebody_leads')),
    sa.CheckConstraint('(officer IS NULL) = (officer_name IS NULL)', name=op.f('ck_appeal_officer_has_a_name')),
    sa.CheckConstraint('grade IS NULL OR grade BETWEEN 1 AND 5', name=op.f('ck_appeal_five_grades')),
    sa.CheckConstraint('lead_agency IS NULL OR against_agency IS NULL OR lead_agency <> against_agency', name=op.f('ck_appeal_nobody_judges_itself')),
    sa.CheckConstraint('length(number) = 12', name=op.f('ck_appeal_twelve_digits')),
    sa.CheckConstraint('main_number IS NULL OR main_number <> number', name=op.f('ck_appeal_not_merged_into_itself')),
    sa.CheckConstraint('returns >= 0 AND reopens >= 0 AND extensions >= 0', name=op.f('ck_appeal_counts_from_nought')),
    sa.ForeignKeyConstraint(['against_agency'], ['agency.code'], name=op.f('fk_appeal_against_agency_agency')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_appeal_basic_code_basic_item')),
    sa.ForeignKeyConstraint(['desk_region'], ['region.code'], name=op.f('fk_appeal_desk_region_region')),
    sa.ForeignKeyConstraint(['implementation_code'], ['implementation.implementation_code'], name=op.f('fk_appeal_implementation_code_implementation')),
    sa.ForeignKeyConstraint(['lead_agency'], ['agency.code'], name=op.f('fk_appeal_lead_agency_agency')),
    sa.ForeignKeyConstraint(['main_number'], ['appeal.number'], name=op.f('fk_appeal_main_number_appeal')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_appeal_region_code_region')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_appeal'))
    )
    op.create_index(op.f('ix_appeal_against_agency'), 'appeal', ['against_agency'], unique=False)
    op.create_index('ix_appeal_answer_by', 'appeal', ['step_due_on'], unique=False, sqlite_where=sa.text("stage = 'need_info'"), postgresql_where=sa.text("stage = 'need_info'"))
    op.create_index('ix_appeal_desk_queue', 'appeal', ['desk_region', 'queue_on'], unique=False, sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.create_index(op.f('ix_appeal_implementation_code'), 'appeal', ['implementation_code'], unique=False)
    op.create_index('ix_appeal_item_received', 'appeal', ['basic_code', 'received_at'], unique=False)
    op.create_index('ix_appeal_queue_on', 'appeal', ['queue_on', 'number'], unique=False, sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.create_index('ix_appeal_lead_queue', 'appeal', ['lead_agency', 'queue_on'], unique=False, sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.create_index(op.f('ix_appeal_main_number'), 'appeal', ['main_number'], unique=False)
    op.create_index('ix_appeal_month_desk', 'appeal', ['received_month', 'desk_region'], unique=False)
    op.create_index('ix_appeal_next_alert_on', 'appeal', ['next_alert_on'], unique=False, sqlite_where=sa.text('next_alert_on IS NOT NULL'), postgresql_where=sa.text('next_alert_on IS NOT NULL'))
    op.create_index('ix_appeal_officer_queue', 'appeal', ['officer', 'queue_on'], unique=False, sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.create_index('ix_appeal_region_received', 'appeal', ['region_code', 'received_at'], unique=False)
    op.create_index('ix_appeal_desk_received', 'appeal', ['desk_region', 'received_at'], unique=False)
    op.create_table('appeal_answer',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.Column('guide_code', sa.String(33), nullable=True),
    sa.Column('no_guide', sa.LargeBinary(), nullable=True),
    sa.Column('needs_second', sa.Boolean(), nullable=False),
    sa.Column('proposed_by', sa.String(300), nullable=False),
    sa.Column('proposed_name', sa.String(200), nullable=False),
    sa.Column('proposed_at', UtcDateTime(), nullable=False),
    sa.Column('given_by', sa.String(300), nullable=True),
    sa.Column('given_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('(given_at IS NULL) = (given_by IS NULL)', name=op.f('ck_appeal_answer_given_by_somebody')),
    sa.CheckConstraint('NOT needs_second OR given_by IS NULL OR given_by <> proposed_by', name=op.f('ck_appeal_answer_four_eyes')),
    sa.CheckConstraint('round >= 0', name=op.f('ck_appeal_answer_rounds_from_nought')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_answer_number_appeal')),
    sa.PrimaryKeyConstraint('number', 'round', name=op.f('pk_appeal_answer'))
    )
    op.create_table('appeal_attachment',
    sa.Column('key', sa.String(80), nullable=False),
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(64), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_attachment_number_appeal')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_appeal_attachment')),
    sa.UniqueConstraint('number', 'digest', name=op.f('uq_appeal_attachment_number_digest'))
    )
    op.create_table('appeal_event',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('step', sa.Enum(*STEPS, name='step', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(200), nullable=False),
    sa.Column('actor', sa.String(300), nullable=True),
    sa.Column('actor_kind', sa.Enum('person', 'machine', 'system', name='actorkind', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('from_stage', sa.Enum(*STAGES, name='from_stage', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('to_stage', sa.Enum(*STAGES, name='stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('facts', Json, nullable=False),
    sa.Column('ticks', Json, nullable=False),
    sa.CheckConstraint('sequence >= 1', name=op.f('ck_appeal_event_counts_from_one')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_appeal_event_agency_code_agency')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_event_number_appeal')),
    sa.PrimaryKeyConstraint('number', 'sequence', name=op.f('pk_appeal_event'))
    )
    op.create_index('ix_appeal_event_actor', 'appeal_event', ['actor'], unique=False)
    op.create_table('appeal_person',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('contact', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_person_number_appeal')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_appeal_person'))
    )
    op.create_table('appeal_rating',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('rated_at', UtcDateTime(), nullable=False),
    sa.Column('call_back_by', sa.Date(), nullable=True),
    sa.Column('called_back_at', UtcDateTime(), nullable=True),
    sa.Column('called_back_by', sa.String(200), nullable=True),
    sa.CheckConstraint('(called_back_at IS NULL) = (called_back_by IS NULL)', name=op.f('ck_appeal_rating_called_back_by_somebody')),
    sa.CheckConstraint('grade BETWEEN 1 AND 5', name=op.f('ck_appeal_rating_five_grades')),
    sa.CheckConstraint('round >= 0', name=op.f('ck_appeal_rating_rounds_from_nought')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_rating_number_appeal')),
    sa.PrimaryKeyConstraint('number', 'round', name=op.f('pk_appeal_rating'))
    )
    op.create_table('appeal_request',
    sa.Column('key', sa.String(64), nullable=False),
    sa.Column('body', sa.String(64), nullable=False),
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_request_number_appeal')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_appeal_request'))
    )
    op.create_index(op.f('ix_appeal_request_number'), 'appeal_request', ['number'], unique=False)
    op.create_table('appeal_signal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rule', sa.Enum('due_soon', 'not_dispatched', 'not_signed', 'not_helped', 'overdue', 'long_overdue', 'not_called_back', 'bad_again', name='signalrule', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('period', sa.String(40), nullable=False),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('raised_at', UtcDateTime(), nullable=False),
    sa.Column('put_right_by', sa.Date(), nullable=False),
    sa.Column('superior_on', sa.Date(), nullable=True),
    sa.Column('evidence', Json, nullable=False),
    sa.Column('state', sa.Enum('open', 'explained', 'rectified', 'waived', name='signalstate', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('settled_at', UtcDateTime(), nullable=True),
    sa.Column('settled_by', sa.String(200), nullable=True),
    sa.Column('reason', sa.String(1000), nullable=True),
    sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f('ck_appeal_signal_settled_has_a_time')),
    sa.CheckConstraint("state = 'open' OR superior_on IS NULL", name=op.f('ck_appeal_signal_settled_is_not_passed_up')),
    sa.CheckConstraint('(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (reason IS NULL)', name=op.f('ck_appeal_signal_settled_as_a_whole')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_appeal_signal_agency_code_agency')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_appeal_signal_number_appeal')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_appeal_signal_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal_signal')),
    sa.UniqueConstraint('rule', 'number', 'period', name=op.f('uq_appeal_signal_rule_number_period'))
    )
    op.create_index('ix_appeal_signal_agency', 'appeal_signal', ['agency_code', 'state'], unique=False)
    op.create_index(op.f('ix_appeal_signal_number'), 'appeal_signal', ['number'], unique=False)
    op.create_index('ix_appeal_signal_region', 'appeal_signal', ['region_code', 'state'], unique=False)
    op.create_index('ix_appeal_signal_superior_on', 'appeal_signal', ['superior_on', 'id'], unique=False, sqlite_where=sa.text('superior_on IS NOT NULL'), postgresql_where=sa.text('superior_on IS NOT NULL'))
    op.create_table('joint_agency',
    sa.Column('number', sa.String(12), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('opinion_at', UtcDateTime(), nullable=True),
    sa.Column('opinion_by', sa.String(200), nullable=True),
    sa.CheckConstraint('(opinion_at IS NULL) = (opinion_by IS NULL)', name=op.f('ck_joint_agency_opinion_of_somebody')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_joint_agency_agency_code_agency')),
    sa.ForeignKeyConstraint(['number'], ['appeal.number'], name=op.f('fk_joint_agency_number_appeal')),
    sa.PrimaryKeyConstraint('number', 'agency_code', name=op.f('pk_joint_agency'))
    )
    op.create_index(op.f('ix_joint_agency_agency_code'), 'joint_agency', ['agency_code'], unique=False)
    op.create_table('published_question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appeal_number', sa.String(12), nullable=False),
    sa.Column('basic_code', sa.String(12), nullable=True),
    sa.Column('implementation_code', sa.String(31), nullable=True),
    sa.Column('region_code', sa.String(12), nullable=False),
    sa.Column('agency_code', sa.String(18), nullable=True),
    sa.Column('question', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('published_at', UtcDateTime(), nullable=False),
    sa.Column('published_by', sa.String(200), nullable=False),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.Column('withdrawn_by', sa.String(200), nullable=True),
    sa.CheckConstraint('(withdrawn_at IS NULL) = (withdrawn_by IS NULL)', name=op.f('ck_published_question_withdrawn_by_somebody')),
    sa.CheckConstraint('implementation_code IS NULL OR basic_code IS NOT NULL', name=op.f('ck_published_question_of_an_item')),
    sa.ForeignKeyConstraint(['agency_code'], ['agency.code'], name=op.f('fk_published_question_agency_code_agency')),
    sa.ForeignKeyConstraint(['appeal_number'], ['appeal.number'], name=op.f('fk_published_question_appeal_number_appeal')),
    sa.ForeignKeyConstraint(['basic_code'], ['basic_item.basic_code'], name=op.f('fk_published_question_basic_code_basic_item')),
    sa.ForeignKeyConstraint(['implementation_code'], ['implementation.implementation_code'], name=op.f('fk_published_question_implementation_code_implementation')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_published_question_region_code_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_published_question'))
    )
    op.create_index('ix_published_question_basic_code', 'published_question', ['basic_code', 'published_at'], unique=False)
    op.create_index(op.f('ix_published_question_region_code'), 'published_question', ['region_code'], unique=False)
    op.create_index('uq_published_question_shown', 'published_question', ['appeal_number'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    keep_events()


def keep_events() -> None:
    """Let the database refuse to drop an event, or to change anything but to erase its words and facts."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER appeal_event_no_delete BEFORE DELETE ON appeal_event "
            "BEGIN SELECT RAISE(ABORT, 'appeal_event is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER appeal_event_no_update BEFORE UPDATE OF number, sequence, step, at, by, actor, actor_kind, from_stage, "
            "to_stage, agency_code, is_public, ticks ON appeal_event "
            "BEGIN SELECT RAISE(ABORT, 'appeal_event is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION keep_appeal_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'words' - 'facts' = to_jsonb(OLD) - 'words' - 'facts' THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER appeal_event_append_only BEFORE UPDATE OR DELETE ON appeal_event "
        "FOR EACH ROW EXECUTE FUNCTION keep_appeal_event()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER appeal_event_append_only ON appeal_event")
        op.execute("DROP FUNCTION keep_appeal_event()")
    op.drop_index('uq_published_question_shown', table_name='published_question', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_index(op.f('ix_published_question_region_code'), table_name='published_question')
    op.drop_index('ix_published_question_basic_code', table_name='published_question')
    op.drop_table('published_question')
    op.drop_index(op.f('ix_joint_agency_agency_code'), table_name='joint_agency')
    op.drop_table('joint_agency')
    op.drop_index('ix_appeal_signal_superior_on', table_name='appeal_signal', sqlite_where=sa.text('superior_on IS NOT NULL'), postgresql_where=sa.text('superior_on IS NOT NULL'))
    op.drop_index('ix_appeal_signal_region', table_name='appeal_signal')
    op.drop_index(op.f('ix_appeal_signal_number'), table_name='appeal_signal')
    op.drop_index('ix_appeal_signal_agency', table_name='appeal_signal')
    op.drop_table('appeal_signal')
    op.drop_index(op.f('ix_appeal_request_number'), table_name='appeal_request')
    op.drop_table('appeal_request')
    op.drop_table('appeal_rating')
    op.drop_table('appeal_person')
    op.drop_index('ix_appeal_event_actor', table_name='appeal_event')
    op.drop_table('appeal_event')
    op.drop_table('appeal_attachment')
    op.drop_table('appeal_answer')
    op.drop_index('ix_appeal_desk_received', table_name='appeal')
    op.drop_index('ix_appeal_region_received', table_name='appeal')
    op.drop_index('ix_appeal_next_alert_on', table_name='appeal', sqlite_where=sa.text('next_alert_on IS NOT NULL'), postgresql_where=sa.text('next_alert_on IS NOT NULL'))
    op.drop_index('ix_appeal_month_desk', table_name='appeal')
    op.drop_index(op.f('ix_appeal_main_number'), table_name='appeal')
    op.drop_index('ix_appeal_queue_on', table_name='appeal', sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.drop_index('ix_appeal_officer_queue', table_name='appeal', sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.drop_index('ix_appeal_lead_queue', table_name='appeal', sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.drop_index('ix_appeal_item_received', table_name='appeal')
    op.drop_index(op.f('ix_appeal_implementation_code'), table_name='appeal')
    op.drop_index('ix_appeal_desk_queue', table_name='appeal', sqlite_where=sa.text('queue_on IS NOT NULL'), postgresql_where=sa.text('queue_on IS NOT NULL'))
    op.drop_index('ix_appeal_answer_by', table_name='appeal', sqlite_where=sa.text("stage = 'need_info'"), postgresql_where=sa.text("stage = 'need_info'"))
    op.drop_index(op.f('ix_appeal_against_agency'), table_name='appeal')
    op.drop_table('appeal')
    op.drop_index(op.f('ix_canned_answer_agency_code'), table_name='canned_answer')
    op.drop_table('canned_answer')
    op.drop_table('appeal_register')
    op.drop_column('calendar_year', 'local_differences')
    op.drop_column('calendar_year', 'local_document')
