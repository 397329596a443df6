"""The recurrent cells: what each computes."""
