"""The paper's evaluation of planning: consistency and robustness."""
