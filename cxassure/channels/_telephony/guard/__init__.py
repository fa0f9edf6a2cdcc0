"""Guard rails of every line that rings real telephones: one place decides, writes down, ends."""
