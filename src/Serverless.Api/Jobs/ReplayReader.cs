using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Reads a method's <c>replay</c>, which is ours: <c>{file, share?}</c>, general text that is read beside what the method learns.</summary>
internal static class ReplayReader
{
    public const string Name = "replay";

    private const double UsualShare = 0.1;
    private const double MaxShare = 0.9;

    private static readonly string[] Fields = ["file", "share"];

    /// <returns>Null where there is none.</returns>
    /// <exception cref="InputError">The file is missing, or a field is wrong or not known.</exception>
    public static ReplayRequest? Read(RequestObject method)
    {
        if (method.Object(Name) is not { } own)
            return null;
        foreach (var field in own.Fields.Where(field => !Fields.Contains(field.Name)))
            throw Refusal.Unknown(own.PathOf(field.Name), Fields);
        return new ReplayRequest(new FileId(own.RequiredString("file", minLength: 1)), own.Number("share", 0, MaxShare) ?? UsualShare);
    }
}
