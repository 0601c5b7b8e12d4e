namespace Serverless.Api.Wire;

/// <summary>Says that something is gone; <c>object</c> is what it was.</summary>
internal sealed record DeletedObject(string Id, string Object)
{
    public bool Deleted { get; } = true;
}
