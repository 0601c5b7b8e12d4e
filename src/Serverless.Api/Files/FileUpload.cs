using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Files;

namespace Serverless.Api.Files;

/// <summary>The form of an upload: the file as a bounded stream, and the fields around it.</summary>
internal sealed class FileUpload(MultipartForm form, long maxBytes)
{
    /// <summary>Room for the form's other parts beside the file.</summary>
    private const int FormOverhead = 1024 * 1024;

    /// <exception cref="InputError">The form is not one, has no file, announces too much, or already names a wrong purpose.</exception>
    public static async Task<FileUpload> OpenAsync(HttpContext context, long maxBytes)
    {
        LiftLimit(context, maxBytes, () => TooLarge(maxBytes));
        var form = await MultipartForm.OpenAsync(context, "file");
        if (form.Field("purpose") is { } early)
            FilePurposes.Check(early);
        return new FileUpload(form, maxBytes);
    }

    /// <summary>Lets a body pass that the server's own limit would refuse without OpenAI's envelope; the stream counts instead.</summary>
    /// <exception cref="InputError">The request announces more than <paramref name="maxBytes"/> and a form around them.</exception>
    public static void LiftLimit(HttpContext context, long maxBytes, Func<InputError> tooLarge)
    {
        if (context.Request.ContentLength > maxBytes + FormOverhead)
            throw tooLarge();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
    }

    /// <summary>Passes the file on to storage while it arrives, and then reads what it is for.</summary>
    /// <exception cref="InputError">The file is larger than allowed, the form is cut off, or its other fields are wrong; nothing is stored.</exception>
    public async Task<FileRecord> StoreAsync(FileStore files, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = new BoundedStream(form.File, maxBytes, () => TooLarge(maxBytes));
            return await files.UploadAsync(form.FileName, content, DescribedAsync, cancellationToken);
        }
        catch (Exception error) when (MultipartForm.IsBroken(error))
        {
            throw MultipartForm.Broken(error);
        }
    }

    private async Task<(string Purpose, TimeSpan? Lifetime)> DescribedAsync(CancellationToken cancellationToken)
    {
        await form.ReadRestAsync(cancellationToken);
        return (FilePurposes.Check(form.Field("purpose")), FileExpiry.Read(form));
    }

    private static InputError TooLarge(long maxBytes) =>
        new($"The file is larger than {maxBytes} bytes, the most that one upload may carry.", "file", "file_too_large");
}
