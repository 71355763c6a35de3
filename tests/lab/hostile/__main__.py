"""``python -m tests.lab.hostile`` writes docs/hostile.md."""

from tests.lab.hostile.page import PAGE, write_page

PAGE.write_text(write_page(), encoding="utf-8")
print(PAGE)
