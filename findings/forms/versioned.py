"""The form about a stored row, and the status of the page that shows one, as all forms of the ledger use them."""

from accounts.versioned import VersionedForm, status_of

__all__ = ["VersionedForm", "status_of"]
