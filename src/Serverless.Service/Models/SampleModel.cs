namespace Serverless.Service.Models;

/// <summary>The base model that comes with the product.</summary>
public static class SampleModel
{
    /// <summary>Its name in the catalog.</summary>
    public const string Name = "sample-8m";

    public static ModelId Id { get; } = new(Name);

    /// <summary>Its Hugging Face folder beside the program.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Sample", Name);
}
