namespace Serverless.Service.Catalog;

/// <summary>A record that was to be changed does not exist, or not any more.</summary>
public sealed class RecordNotFoundException(string id) : Exception($"The catalog has no record '{id}'.")
{
    public string Id { get; } = id;
}
