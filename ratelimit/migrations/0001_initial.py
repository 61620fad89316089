"""Windows of the rate limits."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='RateWindow',
            fields=[
                ('caller', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('window', models.PositiveBigIntegerField()),
                ('used', models.PositiveBigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['window'], name='rate_window_age')],
            },
        ),
    ]
