"""Models, a module a document. A builder takes the recipe's model settings and returns an `nn.Module`."""
