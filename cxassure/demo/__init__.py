"""The built-in company, Birch & Bay Gifts: a process of its own that behaves like a real one."""
