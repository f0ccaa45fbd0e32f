"""Who is told, when and how: rota, escalation and channels stand here; so far only the rules beside it are in use."""
