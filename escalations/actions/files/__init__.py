"""Files of escalations: taken into quarantine, looked through for secrets, then released, masked or removed."""

from escalations.actions.files.checking import check_file
from escalations.actions.files.keeping import forget_files
from escalations.actions.files.receiving import LARGEST, claim_files, receive
from escalations.actions.files.settling import ask_to_mask, release, remove

__all__ = [
    "LARGEST", "ask_to_mask", "check_file", "claim_files", "forget_files", "receive", "release", "remove",
]
