namespace Serverless.Service.Models.Adding;

/// <summary>The files that somebody brings as a model, in a folder, an archive or the storage. They are read more than once.</summary>
public interface IModelFiles
{
    /// <summary>How messages call it, such as <c>my-model.zip</c>.</summary>
    string Name { get; }

    /// <summary>Every file in it.</summary>
    IReadOnlyList<ModelFile> Files { get; }

    /// <summary>The file's content from its beginning.</summary>
    /// <exception cref="Learning.InputError">The file is damaged; also thrown while it is read.</exception>
    Task<Stream> OpenAsync(ModelFile file, CancellationToken ct);
}
