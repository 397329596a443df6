"""Small wrong meanings planted one at a time, and whether the tests see them: `make mutants`."""
