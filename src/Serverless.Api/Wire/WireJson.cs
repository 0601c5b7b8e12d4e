using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>How every answer is written: snake_case, nulls written, text as UTF-8 instead of escapes. Generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorObject))]
[JsonSerializable(typeof(DeletedObject))]
[JsonSerializable(typeof(FileObject))]
[JsonSerializable(typeof(MarkedListObject<FileObject>))]
[JsonSerializable(typeof(UploadObject))]
[JsonSerializable(typeof(UploadPartObject))]
[JsonSerializable(typeof(JobObject))]
[JsonSerializable(typeof(ListObject<JobObject>))]
[JsonSerializable(typeof(DryRunObject))]
[JsonSerializable(typeof(ListObject<JobEventObject>))]
[JsonSerializable(typeof(MarkedListObject<CheckpointObject>))]
[JsonSerializable(typeof(ModelObject))]
[JsonSerializable(typeof(ModelListObject))]
[JsonSerializable(typeof(ListObject<ArtefactObject>))]
[JsonSerializable(typeof(ChatCompletionObject))]
[JsonSerializable(typeof(ChatChunkObject))]
[JsonSerializable(typeof(CompletionObject))]
[JsonSerializable(typeof(UsageObject))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(MarkedListObject<JsonObject>))]
internal sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The one to use: answers are JSON, never put into HTML, so only what JSON itself needs is escaped.</summary>
    public static WireJson Plain => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
