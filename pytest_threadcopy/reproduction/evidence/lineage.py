"""Which thread was copied from which, and which exchanges changed each thread."""

from collections.abc import Iterable, Sequence

from pytest_threadcopy.reproduction.evidence.exchange import Exchange


class Lineage:
    """The threads of a record, from all its exchanges, oldest first."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self.birth: dict[str, Exchange] = {}
        """How each thread was made: the first exchange that names it as made."""
        for one in exchanges:
            if one.made:
                self.birth.setdefault(one.made, one)
        self.copied = {thread for one in exchanges if one.is_copy for thread in (one.thread_id, one.made)}
        """The threads that were copied, and their copies."""
        self.known = {*self.birth, *(one.thread_id for one in exchanges)}
        """The threads that were made or asked about."""
        self._changes: dict[str, list[Exchange]] = {}
        for one in exchanges:
            if one.thread_id and not one.is_read and not one.is_copy:
                self._changes.setdefault(one.thread_id, []).append(one)

    def ancestors(self, thread_id: str) -> list[str]:
        """Return the thread, the source that it was copied from, the source of that source, and so on."""
        line = [thread_id]
        while (birth := self.birth.get(line[-1])) and birth.thread_id and birth.thread_id not in line:
            line.append(birth.thread_id)
        return line

    def changes(self, thread_id: str, since: float, until: float) -> list[Exchange]:
        """Return the exchanges that changed a thread, started before ``until`` and ended after ``since``."""
        own = self._changes.get(thread_id, ())
        return [one for one in own if one.started < until and one.ended > since]

    def needed(self, thread_ids: Iterable[str], until: float) -> set[Exchange]:
        """Return the exchanges that made these threads or changed them before ``until``."""
        exchanges: set[Exchange] = set()
        for thread_id in thread_ids:
            end = until
            for ancestor in self.ancestors(thread_id):
                exchanges.update(self.changes(ancestor, -1.0, end))
                birth = self.birth.get(ancestor)
                if birth:
                    exchanges.add(birth)
                    end = birth.ended
        return exchanges
