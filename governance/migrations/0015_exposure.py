"""Tags of entitlements; what weighs on a grant beside what it allows; what a score was made of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0014_usage_door'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgentDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agent_id', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='exposure', serialize=False, to='governance.account')),
                ('autonomy', models.CharField(choices=[('approved', 'Every action approved'), ('gated', 'Risky actions approved'), ('supervised', 'Supervised'), ('unattended', 'Unattended')], max_length=16)),
                ('line', models.CharField(choices=[('deputy', 'An owner and a deputy'), ('owner', 'One person'), ('nobody', 'Nobody who can act')], max_length=6)),
                ('tainted', models.BooleanField()),
                ('credential_days', models.PositiveIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GrantScore',
            fields=[
                ('grant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='score', serialize=False, to='governance.grant')),
                ('risk', models.PositiveSmallIntegerField()),
                ('version', models.PositiveSmallIntegerField()),
                ('policy', models.PositiveIntegerField()),
                ('inputs', models.JSONField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='entitlement',
            name='tag_bits',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name='EntitlementTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(choices=[('untrusted_input', 'Reads what outsiders write'), ('sensitive_access', 'Reaches private data or a critical system'), ('changes_state', 'Changes something'), ('sends_out', 'Can send data out'), ('escalates', 'Can widen access'), ('runs_code', 'Runs code'), ('moves_money', 'Moves money'), ('prepares', 'Prepares what others approve'), ('approves', 'Approves what others prepare')], max_length=16)),
                ('source', models.CharField(choices=[('rule', 'Our rules'), ('catalogue', "The system's catalogue"), ('vendor_hint', "A vendor's hint"), ('reviewer', 'A reviewer')], max_length=11)),
                ('confidence', models.PositiveSmallIntegerField(default=100)),
                ('denied', models.BooleanField(default=False)),
                ('said_at', models.DateTimeField(blank=True, null=True)),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='governance.entitlement')),
                ('said_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entitlement', 'tag', 'source'), name='entitlement_tag_is_said_once'), models.CheckConstraint(condition=models.Q(('confidence__lte', 100)), name='entitlement_tag_confidence_is_percent'), models.CheckConstraint(condition=models.Q(models.Q(('said_at__isnull', False), ('said_by__isnull', False), ('source', 'reviewer')), models.Q(models.Q(('source', 'reviewer'), _negated=True), ('denied', False), ('said_at', None), ('said_by', None)), _connector='OR'), name='entitlement_tag_of_a_reviewer_has_one')],
            },
        ),
        migrations.CreateModel(
            name='ToxicCombination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('combination', models.CharField(choices=[('lethal_trifecta', 'Lethal trifecta'), ('rule_of_two', 'Rule of two'), ('tainted_act', "Outsiders' words, and code or money"), ('tainted_escalation', "Outsiders' words, and wider access"), ('duties', "Both halves of two people's work"), ('tainted_change', "Outsiders' words, and a way to act")], max_length=20)),
                ('gated', models.BooleanField(default=False)),
                ('legs', models.JSONField()),
                ('alone', models.BooleanField()),
                ('found_at', models.DateTimeField()),
                ('observed_run', models.CharField(blank=True, max_length=200)),
                ('observed_at', models.DateTimeField(blank=True, null=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='toxic', to='governance.agent')),
                ('broken_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='governance.grant')),
            ],
            options={
                'verbose_name_plural': 'toxic combinations',
                'constraints': [models.UniqueConstraint(fields=('agent', 'combination'), name='toxic_combination_is_told_once'), models.CheckConstraint(condition=models.Q(models.Q(('observed_at', None), ('observed_run', '')), models.Q(models.Q(('observed_run', ''), _negated=True), ('observed_at__isnull', False)), _connector='OR'), name='toxic_combination_is_observed_in_a_run')],
            },
        ),
        # a score is written again and again, and no index hangs on what changes
        migrations.RunSQL(
            "ALTER TABLE governance_grantscore SET (fillfactor = 70)",
            "ALTER TABLE governance_grantscore RESET (fillfactor)",
        ),
    ]
