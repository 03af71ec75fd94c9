"""The agents' console: server-rendered pages that work without JavaScript. One module and template folder a feature."""
