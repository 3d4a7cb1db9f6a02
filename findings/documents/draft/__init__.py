"""From the text of a feedback or a published bulletin to a draft of areas, issues and measures.

It proposes and writes nothing: what was declared stands beside what was found, and every sentence without a place is
listed.
"""

from findings.documents.draft.declared import declared_in
from findings.documents.draft.parts import DraftIssue, DraftMeasure
from findings.documents.draft.read import Unreadable, text_of
from findings.documents.draft.tree import Draft, DraftArea, draft_of

__all__ = [
    "Draft",
    "DraftArea",
    "DraftIssue",
    "DraftMeasure",
    "Unreadable",
    "declared_in",
    "draft_of",
    "text_of",
]
