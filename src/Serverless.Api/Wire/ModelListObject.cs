namespace Serverless.Api.Wire;

/// <summary>All models; OpenAI does not page this list.</summary>
internal sealed record ModelListObject(IReadOnlyList<ModelObject> Data)
{
    public string Object { get; } = "list";
}
