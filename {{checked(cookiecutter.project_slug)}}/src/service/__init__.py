"""The service: `app` responds to API Gateway, `routes` handles requests, `table` keeps the items."""
