using System.Text;
using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Documents of a <c>.txt</c> file.</summary>
internal sealed class PlainTextParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    public override DatasetExample? Parse(ReadOnlyMemory<byte> line, int number)
    {
        var bytes = WithoutMark(line.Span, number);
        var invalid = Utf8Text.IndexOfInvalidByte(bytes);
        if (invalid < 0)
            return new TextExample(number, Encoding.UTF8.GetString(bytes));
        var before = bytes[..invalid];
        var lineOfFault = number + before.Count((byte)'\n');
        var place = invalid - before.LastIndexOf((byte)'\n');
        Faults.Add($"{FileName} line {lineOfFault}, byte {place}: found 0x{bytes[invalid]:X2}, which is not UTF-8; allowed: text saved as UTF-8");
        return null;
    }

    public override string? FileFault(int filled) => filled > 0 ? null : $"{FileName}: found no text; allowed: documents, separated by two blank lines";

    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number) =>
        throw new NotSupportedException("plain text has no JSON");
}
