"""The record by GraphQL, with Chronicle's names and shapes."""
