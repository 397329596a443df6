"""The linear model that every report compares with."""
