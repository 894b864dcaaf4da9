"""The worker's application: tasks are found in every room, the timetable stands here."""

import ctypes
import os
import signal
import sys
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Beat sends tasks by their names and needs none of them, nor a look at every page: half the memory, a third of the
# time to start.
if settings.ENV.process == "beat":
    os.environ["CELERY_SKIP_CHECKS"] = "1"
else:
    app.autodiscover_tasks()
# RedBeat looks for these two by their bare names, and warns where they have Celery's prefix. A broker that hangs must
# not hold beat for ever: it waits for an answer so many seconds, and asks again.
app.conf.redbeat_redis_url = settings.REDIS_URL
app.conf.redbeat_redis_options = {"socket_timeout": 5, "socket_connect_timeout": 5}
app.conf.beat_schedule = {
    "mirror what changed in Jira": {
        "task": "tickets.sync_incremental", "schedule": 120.0, "options": {"expires": 110},
    },
    "count what Jira still has": {
        "task": "tickets.census", "schedule": crontab(hour="3", minute="10"), "options": {"expires": 3600},
    },
    "apply webhooks that a dead worker left": {
        "task": "tickets.sweep_webhooks", "schedule": 15.0, "options": {"expires": 14},
    },
    "what is due: timers and deliveries": {"task": "portal.tick", "schedule": 1.0, "options": {"expires": 2}},
    "which moves Jira allows": {"task": "portal.read_workflow", "schedule": 300.0, "options": {"expires": 290}},
    "forget what was delivered long ago": {
        "task": "portal.forget_deliveries", "schedule": crontab(hour="4", minute="40"),
    },
    "calendars that say who is away": {
        "task": "set_rotation.check_feeds", "schedule": 120.0, "options": {"expires": 110},
    },
    "draft the weekly update": {"task": "tickets.draft_weekly", "schedule": 300.0, "options": {"expires": 290}},
    "the next triage meeting's list": {
        "task": "tickets.make_triage_list", "schedule": 300.0, "options": {"expires": 290},
    },
    "how many bugs wait in triage": {"task": "tickets.count_waiting", "schedule": 15.0, "options": {"expires": 14}},
    "how many escalations are new": {"task": "escalations.count_new", "schedule": 15.0, "options": {"expires": 14}},
    "count the words of tickets": {"task": "tickets.count_words", "schedule": crontab(hour="4", minute="10")},
    "reminders of duty": {"task": "set_rotation.remind", "schedule": 60.0, "options": {"expires": 55}},
    "look at the header of the channel": {
        "task": "set_rotation.check_header", "schedule": 600.0, "options": {"expires": 590},
    },
    "when hand-overs are due": {
        "task": "portal.set_hand_over_timers", "schedule": crontab(minute="*/10"), "options": {"expires": 590},
    },
    "who is not ready for the next rotation": {
        "task": "set_rotation.tell_unready", "schedule": crontab(minute="10"), "options": {"expires": 3000},
    },
    "what was marked in the channels of incidents": {
        "task": "incidents.read_chats", "schedule": 5.0, "options": {"expires": 4},
    },
    "files that wait to be checked": {
        "task": "escalations.check_files", "schedule": 15.0, "options": {"expires": 14},
    },
    "files that nobody will ask for": {"task": "escalations.forget_files", "schedule": crontab(hour="4", minute="50")},
    "forget old webhooks and runs": {"task": "tickets.forget", "schedule": crontab(hour="4", minute="20")},
}


@worker_process_init.connect
def die_with_the_worker(**_: Any) -> None:
    """A pool process outlives a worker that was killed with -9, unless the kernel is asked to end it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
