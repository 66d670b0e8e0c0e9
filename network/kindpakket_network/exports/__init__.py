"""What others need of a network: partners, service managers, monitoring, Kubernetes."""
