"""``python -m tests.hostile`` writes docs/hostile.md."""

from .page import PAGE, write_page

PAGE.write_text(write_page(), encoding="utf-8")
print(PAGE)
