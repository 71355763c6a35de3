"""A thread that was just copied: a fault spoils its checkpoints, pending writes and values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint

from tests.lab.servers.faithful_saver import FaithfulSaver

Json = dict[str, Any]


class Write(NamedTuple):
    """A pending write: a value that a task wrote and that is in no checkpoint yet."""

    task_id: str
    place: int
    channel: str
    value: Any
    task_path: str


@dataclass(frozen=True)
class Copied:
    """A faithful copy in an in-memory checkpointer. Its methods change this copy alone."""

    saver: FaithfulSaver
    source_id: str
    thread_id: str

    @property
    def namespaces(self) -> list[str]:
        """The checkpoint namespaces that have checkpoints; the thread's own is the empty one."""
        return list(self.saver.storage[self.thread_id])

    def ids(self, checkpoint_ns: str = "") -> list[str]:
        """Return the ids of the checkpoints of a namespace, oldest first."""
        return sorted(self.saver.storage[self.thread_id][checkpoint_ns])

    def metadata_of_ids(self) -> dict[str, Json]:
        """Return the metadata of each checkpoint of the thread's own namespace, by the checkpoint's id."""
        saved = self.saver.storage[self.thread_id][""]
        return {
            checkpoint_id: self.saver.serde.loads_typed(entry[1]) for checkpoint_id, entry in saved.items()
        }

    def parent(self, checkpoint_id: str, checkpoint_ns: str = "") -> str | None:
        """Return the id of a checkpoint's parent."""
        return self.saver.storage[self.thread_id][checkpoint_ns][checkpoint_id][2]

    def drop(self, checkpoint_ids: list[str], checkpoint_ns: str = "") -> None:
        """Remove checkpoints and their pending writes."""
        for checkpoint_id in checkpoint_ids:
            del self.saver.storage[self.thread_id][checkpoint_ns][checkpoint_id]
            self.saver.writes.pop((self.thread_id, checkpoint_ns, checkpoint_id), None)

    def add_empty_checkpoint(self) -> None:
        """Add a checkpoint without values."""
        config: RunnableConfig = {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": ""}}
        self.saver.put(config, empty_checkpoint(), {"source": "input", "step": -1, "parents": {}}, {})

    def drop_namespace(self, checkpoint_ns: str) -> None:
        """Remove all checkpoints of a namespace."""
        self.drop(self.ids(checkpoint_ns), checkpoint_ns)

    def rename(self, new_id: Callable[[str], str]) -> None:
        """Give each checkpoint of the thread's own namespace a new id, also as the parent of its children."""
        saved = self.saver.storage[self.thread_id][""]
        for old in list(saved):
            checkpoint, metadata, parent = saved.pop(old)
            content = {**self.saver.serde.loads_typed(checkpoint), "id": new_id(old)}
            dumped = self.saver.serde.dumps_typed(content)
            saved[new_id(old)] = (dumped, metadata, new_id(parent) if parent else None)
            writes = self.saver.writes.pop((self.thread_id, "", old), None)
            if writes:
                self.saver.writes[self.thread_id, "", new_id(old)] = writes

    def edit_checkpoints(self, edit: Callable[[Json], object]) -> None:
        """Change each checkpoint in place: its ``ts``, ``channel_versions``, ``versions_seen``."""
        self._edit_saved(0, edit)

    def edit_metadata(self, edit: Callable[[Json], object]) -> None:
        """Change the metadata of each checkpoint in place."""
        self._edit_saved(1, edit)

    def _edit_saved(self, part: int, edit: Callable[[Json], object]) -> None:
        for saved in self.saver.storage[self.thread_id].values():
            for checkpoint_id, entry in list(saved.items()):
                parts: list[Any] = list(entry)
                content = self.saver.serde.loads_typed(parts[part])
                edit(content)
                parts[part] = self.saver.serde.dumps_typed(content)
                saved[checkpoint_id] = (parts[0], parts[1], parts[2])

    def edit_parents(self, parent_of: Callable[[str, str | None], str | None]) -> None:
        """Replace the parent of each checkpoint of the thread's own namespace: ``parent_of(id, parent)``."""
        saved = self.saver.storage[self.thread_id][""]
        for checkpoint_id, (checkpoint, metadata, parent) in list(saved.items()):
            saved[checkpoint_id] = (checkpoint, metadata, parent_of(checkpoint_id, parent))

    def edit_writes(self, edit: Callable[[Write], Write | None], only: list[str] | None = None) -> None:
        """Replace each pending write, or those of the checkpoints in ``only``; None removes the write."""
        for key, writes in list(self.saver.writes.items()):
            if key[0] == self.thread_id and (only is None or key[2] in only):
                self.saver.writes[key] = {}
                for (_, place), (task_id, channel, value, path) in writes.items():
                    write = Write(task_id, place, channel, self.saver.serde.loads_typed(value), path)
                    new = edit(write)
                    if new:
                        dumped = self.saver.serde.dumps_typed(new.value)
                        stored = (new.task_id, new.channel, dumped, new.task_path)
                        self.saver.writes[key][new.task_id, new.place] = stored

    def holds(self, channel: str, version: Any) -> bool:
        """Whether a channel of the thread's own namespace has a value at one of its versions."""
        return self.saver.blobs.get((self.thread_id, "", channel, version), ("empty",))[0] != "empty"

    def first_version(self, channel: str) -> Any:
        """Return the first version at which a channel of the thread's own namespace has a value."""
        versions = [key[3] for key in self.saver.blobs if key[:3] == (self.thread_id, "", channel)]
        return min(version for version in versions if self.holds(channel, version))

    def edit_values(self, edit: Callable[[Any], Any]) -> None:
        """Replace each channel's value, at each of its versions, with what ``edit`` returns."""
        for key, blob in list(self.saver.blobs.items()):
            if key[0] == self.thread_id and blob[0] != "empty":
                value = edit(self.saver.serde.loads_typed(blob))
                self.saver.blobs[key] = self.saver.serde.dumps_typed(value)


def each(value: Any, edit: Callable[[Any], Any]) -> Any:
    """Apply ``edit`` to each value in a JSON value, the innermost first, and then to the value itself."""
    if isinstance(value, dict):
        return edit({key: each(item, edit) for key, item in value.items()})
    if isinstance(value, list):
        return edit([each(item, edit) for item in value])
    return edit(value)
