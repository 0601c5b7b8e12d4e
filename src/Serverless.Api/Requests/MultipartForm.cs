using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>
/// Reads a multipart form part by part, so that a file is passed on while it arrives and never kept. Clients send the file before
/// the fields that describe it as often as after them.
/// </summary>
internal sealed class MultipartForm
{
    private const int MaxFieldBytes = 64 * 1024;
    private const int MaxParts = 64;

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    private MultipartForm()
    {
    }

    /// <summary>A field's text, or null when the form has none of that name.</summary>
    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Reads the whole form. The part called <paramref name="fileField"/> goes to <paramref name="takeFile"/> with its name and content.</summary>
    /// <exception cref="InputError">The body is no multipart form, is cut off, or has more than one such file.</exception>
    public static async Task<MultipartForm> ReadAsync(HttpContext context, string fileField, Func<string, Stream, Task> takeFile)
    {
        var reader = new MultipartReader(BoundaryOf(context.Request), context.Request.Body);
        var form = new MultipartForm();
        var filesTaken = 0;
        try
        {
            for (var parts = 0; await reader.ReadNextSectionAsync(context.RequestAborted) is { } section; parts++)
            {
                if (parts == MaxParts)
                    throw new InputError($"The form has more than {MaxParts} parts.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                    throw new InputError("A part of the form has no Content-Disposition header.");
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                if (name != fileField)
                    form._fields[name] = await ReadFieldAsync(name, section.Body, context.RequestAborted);
                else if (++filesTaken > 1)
                    throw new InputError($"The form has more than one part '{fileField}'; allowed: one.", fileField);
                else
                    await takeFile(FileNameOf(disposition, fileField), section.Body);
            }
        }
        catch (IOException error) when (error.Message.StartsWith("Unexpected end of Stream", StringComparison.Ordinal))
        {
            throw new InputError("The form ends before its last boundary.", innerException: error);
        }
        catch (InvalidDataException error)
        {
            throw new InputError($"The form cannot be read: {error.Message}", innerException: error);
        }

        return filesTaken == 0 ? throw Refusal.Missing(fileField) : form;
    }

    private static string BoundaryOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).ToString() is not { Length: > 0 and <= 200 } boundary)
        {
            throw new InputError($"Invalid Content-Type header ({request.ContentType}), expected multipart/form-data with a boundary.");
        }

        return boundary;
    }

    private static string FileNameOf(ContentDispositionHeaderValue disposition, string fileField)
    {
        // FileNameStar (RFC 5987) carries what the plain parameter cannot.
        var given = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
        var name = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        if (name.Length == 0)
            throw new InputError($"The part '{fileField}' of the form has no file name.", fileField);
        return name.Length > 255 || name is "." or ".." || name.Any(char.IsControl)
            ? throw new InputError($"The part '{fileField}' has a file name that is not allowed; allowed: up to 255 characters, none of them a control character.", fileField)
            : name;
    }

    private static async Task<string> ReadFieldAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        await using var bounded = new BoundedStream(body, MaxFieldBytes,
            () => new InputError($"The field '{name}' of the form is longer than {MaxFieldBytes} bytes.", name, "request_too_large"));
        using var text = new StreamReader(bounded, Encoding.UTF8);
        return await text.ReadToEndAsync(cancellationToken);
    }
}
