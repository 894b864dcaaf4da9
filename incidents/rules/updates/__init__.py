"""Status updates, as pure thinking: the handbook's form, its times, and what each reader gets of an entry."""
