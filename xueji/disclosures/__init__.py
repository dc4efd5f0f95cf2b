"""What leaves the registry (对外提供): never without an approval, never in the clear, never without a trace."""
