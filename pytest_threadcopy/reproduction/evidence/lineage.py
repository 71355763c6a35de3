"""Which thread was copied from which, and which exchanges changed each thread."""

from collections.abc import Iterable, Sequence

from pytest_threadcopy.reproduction.evidence.exchange import Exchange


class Lineage:
    """The threads of a record.

    Args:
        exchanges: All exchanges of the record, oldest first.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self.exchanges = exchanges
        self.birth: dict[str, Exchange] = {}
        """How each thread was made: the first exchange that names it as made."""
        for one in exchanges:
            if one.made:
                self.birth.setdefault(one.made, one)
        copies = [one for one in exchanges if one.is_copy]
        self.copied = {thread for one in copies for thread in (one.thread_id, one.made) if thread}
        """The threads that were copied, and their copies."""
        self.known = {*self.birth, *(one.thread_id for one in exchanges)}
        """The threads that were made or asked about."""
        self._changes: dict[str, list[Exchange]] = {}
        for one in exchanges:
            if one.thread_id and not one.is_read and not one.is_copy:
                self._changes.setdefault(one.thread_id, []).append(one)

    def source(self, thread_id: str) -> str | None:
        """Return the thread that a thread was copied from."""
        birth = self.birth.get(thread_id)
        return birth.thread_id if birth and birth.thread_id != thread_id else None

    def ancestors(self, thread_id: str) -> list[str]:
        """Return the thread, its source, that one's source, and so on."""
        line = [thread_id]
        while (source := self.source(line[-1])) and source not in line:
            line.append(source)
        return line

    def changes(self, thread_id: str, since: float, until: float) -> list[Exchange]:
        """Return the exchanges that changed a thread, started before ``until`` and ended after ``since``."""
        own = self._changes.get(thread_id, ())
        return [one for one in own if one.started < until and one.ended > since]

    def parted(self, first: str, second: str) -> tuple[float, float] | None:
        """Return the times since when each of two threads has its own history; None without a common origin.

        A copy and its source part when the copy is made. Siblings part when each is made.
        """
        ours, theirs = self.ancestors(first), self.ancestors(second)
        common = next((thread for thread in ours if thread in theirs), None)
        if common is None:
            return None

        def since(line: list[str], other: list[str]) -> float:
            place = line.index(common)
            child = line[place - 1] if place else other[other.index(common) - 1]
            return self.birth[child].started

        return since(ours, theirs), since(theirs, ours)

    def needed(self, thread_ids: Iterable[str], until: float) -> list[Exchange]:
        """Return the exchanges that made these threads or changed them before ``until``, oldest first."""
        exchanges: dict[int, Exchange] = {}
        asked: dict[str, float] = {}
        pending = [(thread_id, until) for thread_id in thread_ids]
        while pending:
            thread_id, end = pending.pop()
            if asked.get(thread_id, -1.0) >= end:
                continue
            asked[thread_id] = end
            exchanges |= {id(one): one for one in self.changes(thread_id, -1.0, end)}
            birth = self.birth.get(thread_id)
            if birth:
                exchanges[id(birth)] = birth
                if birth.thread_id and birth.thread_id != thread_id:
                    pending.append((birth.thread_id, birth.ended))
        return sorted(exchanges.values(), key=lambda one: one.started)
