"""Pages of status business (学籍变动): lists, the wizard that files, the case, the family's page. They know no kind by name."""
