"""The linear branch on n-grams beside the recurrent one."""
