using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>
/// A multipart form with one file, read part by part: the fields before the file, then the file as a stream, then the rest. Clients send
/// the file before the fields that describe it as often as after them, and nothing but short fields is kept in memory.
/// </summary>
internal sealed class MultipartForm
{
    private const int MaxFieldBytes = 64 * 1024;
    private const int MaxParts = 64;

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly MultipartReader _reader;
    private readonly string _fileField;
    private int _parts;

    private MultipartForm(MultipartReader reader, string fileField)
    {
        _reader = reader;
        _fileField = fileField;
    }

    /// <summary>The file's name, without any folder.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>The file's content, to be read before <see cref="ReadRestAsync"/>.</summary>
    public Stream File { get; private set; } = Stream.Null;

    /// <summary>Reads up to the content of the file, which is the part called <paramref name="fileField"/>.</summary>
    /// <param name="isNamed">Whether the file has to have a name.</param>
    /// <exception cref="InputError">The body is no multipart form, is cut off, or has no such part.</exception>
    public static async Task<MultipartForm> OpenAsync(HttpContext context, string fileField, bool isNamed = true)
    {
        var form = new MultipartForm(new MultipartReader(BoundaryOf(context.Request), context.Request.Body), fileField);
        if (await form.ReadFieldsAsync(context.RequestAborted) is not { } file)
            throw Refusal.Missing(fileField);
        form.FileName = isNamed ? NameOf(file.Disposition, fileField) : "";
        form.File = file.Content;
        return form;
    }

    /// <summary>Reads the fields after the file.</summary>
    /// <exception cref="InputError">The form is cut off or has another file.</exception>
    public async Task ReadRestAsync(CancellationToken cancellationToken)
    {
        if (await ReadFieldsAsync(cancellationToken) is not null)
            throw new InputError($"The form has more than one part '{_fileField}'; allowed: one.", _fileField);
    }

    /// <summary>What a form is refused with whose reading ended in <paramref name="error"/>.</summary>
    public static InputError Broken(Exception error) => error is InvalidDataException
        ? new($"The form cannot be read: {error.Message}", innerException: error)
        : new("The form ends before its last boundary.", innerException: error);

    /// <summary>A field's text, or null when the form had none of that name so far.</summary>
    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Takes fields until the next file or the end of the form.</summary>
    private async Task<(ContentDispositionHeaderValue Disposition, Stream Content)?> ReadFieldsAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (++_parts > MaxParts)
                    throw new InputError($"The form has more than {MaxParts} parts.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                    throw new InputError("A part of the form has no Content-Disposition header.");
                var name = TextOf(disposition, given => given.Name) ?? throw new InputError("A part of the form has a name that cannot be read.");
                if (name == _fileField)
                    return (disposition, section.Body);
                _fields[name] = await ReadFieldAsync(name, section.Body, cancellationToken);
            }

            return null;
        }
        catch (Exception error) when (error is InvalidDataException || IsBroken(error))
        {
            throw Broken(error);
        }
    }

    /// <summary>Whether <paramref name="error"/>, of whoever read the file, comes from what a form is, read beyond its end or its limits, rather than from the connection or the storage.</summary>
    public static bool IsBroken(Exception error) => error switch
    {
        IOException => error.Message.StartsWith("Unexpected end of Stream", StringComparison.Ordinal),
        InvalidDataException => error.Message.StartsWith("Line length limit", StringComparison.Ordinal) || error.Message.StartsWith("Multipart ", StringComparison.Ordinal),
        _ => false,
    };

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

    private static string NameOf(ContentDispositionHeaderValue disposition, string fileField)
    {
        // FileNameStar (RFC 5987) carries what the plain parameter cannot.
        var given = TextOf(disposition, given => given.FileNameStar.HasValue ? given.FileNameStar : given.FileName)
            ?? throw new InputError($"The part '{fileField}' of the form has a file name that cannot be read.", fileField);
        var name = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        if (name.Length == 0)
            throw new InputError($"The part '{fileField}' of the form has no file name.", fileField);
        return IsFileName(name)
            ? name
            : throw new InputError(
                $"The part '{fileField}' has a file name that is not allowed; allowed: up to 255 characters, none of them a control character.",
                fileField);
    }

    /// <summary>A parameter of the header; null if it is written in a way or in an encoding that cannot be read.</summary>
    private static string? TextOf(ContentDispositionHeaderValue disposition, Func<ContentDispositionHeaderValue, StringSegment> parameter)
    {
        try
        {
            return HeaderUtilities.RemoveQuotes(parameter(disposition)).ToString();
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Whether a text without folders can be a file's name.</summary>
    public static bool IsFileName(string name) => name.Length is > 0 and <= 255 && name is not ("." or "..") && !name.Any(char.IsControl);

    private static async Task<string> ReadFieldAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        await using var bounded = new BoundedStream(body, MaxFieldBytes,
            () => new InputError($"The field '{name}' of the form is longer than {MaxFieldBytes} bytes.", name, "request_too_large"));
        using var text = new StreamReader(bounded, Encoding.UTF8);
        return await text.ReadToEndAsync(cancellationToken);
    }
}
