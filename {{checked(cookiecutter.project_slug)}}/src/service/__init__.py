"""The service: `app` answers API Gateway, `routes` handles requests, `table` keeps the items."""
