using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Serverless.Api.Requests;
using Serverless.Learning;

namespace Serverless.Api.Files;

/// <summary>The form of an upload: the file as a bounded stream, and the fields around it.</summary>
internal sealed class FileUpload
{
    /// <summary>Room for the form's other parts beside the file.</summary>
    private const int FormOverhead = 1024 * 1024;

    private readonly MultipartForm _form;

    private FileUpload(MultipartForm form, long maxBytes)
    {
        _form = form;
        Content = new BoundedStream(form.File, maxBytes, () => TooLarge(maxBytes));
    }

    public string FileName => _form.FileName;

    /// <summary>Throws an <see cref="InputError"/> when the file turns out larger than allowed.</summary>
    public Stream Content { get; }

    /// <exception cref="InputError">The form is not one, has no file, announces too much, or already names a wrong purpose.</exception>
    public static async Task<FileUpload> OpenAsync(HttpContext context, long maxBytes)
    {
        if (context.Request.ContentLength > maxBytes + FormOverhead)
            throw TooLarge(maxBytes);

        // The server's own limit answers without OpenAI's envelope, so it is lifted and the stream counts instead.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var form = await MultipartForm.OpenAsync(context, "file");
        if (form.Field("purpose") is { } early)
            FilePurposes.Check(early);
        return new FileUpload(form, maxBytes);
    }

    /// <summary>Reads what follows the file, and returns what it is for.</summary>
    public async Task<string> PurposeAsync(CancellationToken cancellationToken)
    {
        await _form.ReadRestAsync(cancellationToken);
        if (_form.Field("expires_after[anchor]") is not null || _form.Field("expires_after[seconds]") is not null)
            throw Refusal.NotOffered("expires_after");
        return FilePurposes.Check(_form.Field("purpose"));
    }

    private static InputError TooLarge(long maxBytes) =>
        new($"The file is larger than {maxBytes} bytes, the most that one upload may carry.", "file", "file_too_large");
}
