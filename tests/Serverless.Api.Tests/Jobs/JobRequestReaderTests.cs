using System.Text.Json;
using Serverless.Api.Jobs;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;

namespace Serverless.Api.Tests.Jobs;

public sealed class JobRequestReaderTests
{
    [Fact]
    public void A_request_with_nothing_but_model_and_file_leaves_all_else_to_the_service()
    {
        var request = Read("""{"model": "m", "training_file": "file-1"}""");

        Assert.Equal("m", request.Model.Value);
        Assert.Equal("file-1", request.TrainingFile.Value);
        Assert.Null(request.ValidationFile);
        Assert.Null(request.Suffix);
        Assert.Null(request.Seed);
        Assert.Equal(new Hyperparameters(), request.Method.Hyperparameters);
        Assert.Equal(new AdapterRequest(), request.Adapter);
        Assert.Empty(request.Metadata);
    }

    [Fact]
    public void Every_field_arrives()
    {
        var request = Read("""
            {"model": "m", "training_file": "file-1", "validation_file": "file-2", "suffix": "my-Model.1", "seed": 2147483647,
             "metadata": {"team": "red", "empty": ""}, "integrations": [],
             "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 256, "learning_rate": 0.001, "max_sequence_length": 512}},
                        "adapter": {"type": "lora", "rank": 8, "alpha": 16, "dropout": 0.1, "target_modules": ["q_proj", "v_proj"]}}}
            """);

        Assert.Equal("file-2", request.ValidationFile!.Value.Value);
        Assert.Equal("my-Model.1", request.Suffix);
        Assert.Equal(2147483647, request.Seed);
        Assert.Equal("red", request.Metadata["team"]);
        Assert.Equal("", request.Metadata["empty"]);
        Assert.Equal(MethodType.Supervised, request.Method.Type);
        Assert.Equal(new Hyperparameters { Epochs = 3, BatchSize = 256, LearningRate = 0.001, MaxSequenceLength = 512 }, request.Method.Hyperparameters);
        Assert.Equal(AdapterKind.Lora, request.Adapter.Type);
        Assert.Equal(8, request.Adapter.Rank);
        Assert.Equal(16, request.Adapter.Alpha);
        Assert.Equal(0.1, request.Adapter.Dropout);
        Assert.Equal(["q_proj", "v_proj"], request.Adapter.TargetModules!.Value);
    }

    [Theory]
    [InlineData("0.3", 0.3)]
    [InlineData("2", 2.0)]
    [InlineData("\"auto\"", null)]
    public void Preferences_take_a_beta(string beta, double? expected)
    {
        var request = Read(With($"\"method\": {{\"type\": \"dpo\", \"dpo\": {{\"hyperparameters\": {{\"n_epochs\": 2, \"beta\": {beta}}}}}}}"));

        Assert.Equal(MethodType.Dpo, request.Method.Type);
        Assert.Equal(new Hyperparameters { Epochs = 2, Beta = expected }, request.Method.Hyperparameters);
    }

    [Fact]
    public void Pretraining_is_a_method_with_the_hyperparameters_of_all()
    {
        var request = Read(With("\"method\": {\"type\": \"pretraining\", \"pretraining\": {\"hyperparameters\": {\"max_sequence_length\": 256}}}"));

        Assert.Equal(MethodType.Pretraining, request.Method.Type);
        Assert.Equal(new Hyperparameters { MaxSequenceLength = 256 }, request.Method.Hyperparameters);
    }

    [Fact]
    public void The_deprecated_hyperparameters_still_count()
    {
        var request = Read(With("""
            "hyperparameters": {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5}
            """));

        Assert.Equal(new Hyperparameters { Epochs = 2, LearningRateMultiplier = 0.5 }, request.Method.Hyperparameters);
    }

    [Theory]
    [InlineData("""{"training_file": "f"}""", "Missing required parameter: 'model'.", "model")]
    [InlineData("""{"model": "m"}""", "Missing required parameter: 'training_file'.", "training_file")]
    [InlineData("""{"model": "m", "training_file": 7}""", "Invalid type for 'training_file': expected a string, but got an integer instead.", "training_file")]
    public void A_request_without_model_or_file_is_refused(string json, string message, string parameter) => Refused(json, message, parameter);

    [Theory]
    [InlineData("\"seed\": -1", "Invalid 'seed': integer below minimum value. Expected a value >= 0, but got -1 instead.", "seed")]
    [InlineData("\"suffix\": \"a b\"", "Invalid value for 'suffix': expected letters, digits, '-', '_' and '.', but got 'a b' instead.", "suffix")]
    [InlineData("\"integrations\": [{\"type\": \"wandb\"}]", "Unsupported parameter: 'integrations' is not offered by this service yet.", "integrations")]
    [InlineData("\"metadata\": {\"a\": 1}", "Invalid type for 'metadata.a': expected a string, but got an integer instead.", "metadata.a")]
    [InlineData("\"method\": {}", "Missing required parameter: 'method.type'.", "method.type")]
    [InlineData("\"method\": {\"type\": \"magic\"}",
        "Invalid value: 'magic'. Supported values are: 'supervised', 'dpo', 'reinforcement', 'distillation', and 'pretraining'.", "method.type")]
    [InlineData("\"method\": {\"type\": \"reinforcement\"}",
        "Unsupported value: 'method.type' does not support 'reinforcement' in this service yet. Supported values are: 'supervised', 'dpo', and 'pretraining'.", "method.type")]
    [InlineData("\"method\": {\"type\": \"dpo\", \"dpo\": {\"hyperparameters\": {\"beta\": 2.5}}}",
        "Invalid value for 'method.dpo.hyperparameters.beta': expected 'auto' or a number above 0 and at most 2, but got 2.5 instead.", "method.dpo.hyperparameters.beta")]
    [InlineData("\"method\": {\"type\": \"dpo\", \"dpo\": {\"hyperparameters\": {\"beta\": \"strong\"}}}",
        "Invalid value for 'method.dpo.hyperparameters.beta': expected 'auto' or a number above 0 and at most 2, but got \"strong\" instead.", "method.dpo.hyperparameters.beta")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"adapter\": {\"type\": \"qlora\"}}",
        "Unsupported value: 'method.adapter.type' does not support 'qlora' in this service yet. Supported values are: 'lora' and 'full'.", "method.adapter.type")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"adapter\": {\"dropout\": 1}}",
        "Invalid value for 'method.adapter.dropout': expected a number from 0 to below 1, but got 1 instead.", "method.adapter.dropout")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"adapter\": {\"target_modules\": \"some\"}}",
        "Invalid value for 'method.adapter.target_modules': expected 'all-linear' or an array of strings, but got \"some\" instead.", "method.adapter.target_modules")]
    [InlineData("\"method\": {\"type\": \"supervised\", \"supervised\": {\"hyperparameters\": {\"n_epochs\": 51}}}",
        "Invalid value for 'method.supervised.hyperparameters.n_epochs': expected 'auto' or an integer from 1 to 50, but got 51 instead.", "method.supervised.hyperparameters.n_epochs")]
    [InlineData("\"hyperparameters\": {\"batch_size\": \"big\"}",
        "Invalid value for 'hyperparameters.batch_size': expected 'auto' or an integer from 1 to 256, but got \"big\" instead.", "hyperparameters.batch_size")]
    [InlineData("\"hyperparameters\": {\"learning_rate_multiplier\": 0}",
        "Invalid value for 'hyperparameters.learning_rate_multiplier': expected 'auto' or a number above 0, but got 0 instead.", "hyperparameters.learning_rate_multiplier")]
    [InlineData("\"hyperparameters\": {\"learning_rate_multiplier\": 2, \"learning_rate\": 0.1}",
        "'hyperparameters.learning_rate' and 'hyperparameters.learning_rate_multiplier' exclude each other: give one of them.", "hyperparameters.learning_rate")]
    public void A_wrong_value_is_refused(string field, string message, string parameter) => Refused(With(field), message, parameter);

    [Fact]
    public void A_suffix_may_have_64_characters_and_not_65()
    {
        Assert.Equal(64, Read(With($"\"suffix\": \"{new string('a', 64)}\"")).Suffix!.Length);
        Refused(With($"\"suffix\": \"{new string('a', 65)}\""),
            "Invalid 'suffix': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.", "suffix");
    }

    [Fact]
    public void Metadata_may_have_16_pairs_and_not_17()
    {
        static string Pairs(int count) => With($"\"metadata\": {{{string.Join(',', Enumerable.Range(0, count).Select(index => $"\"k{index}\": \"v\""))}}}");

        Assert.Equal(16, Read(Pairs(16)).Metadata.Count);
        Refused(Pairs(17), "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.", "metadata");
    }

    [Fact]
    public void Metadata_keys_end_at_64_characters_and_values_at_512()
    {
        Refused(With($"\"metadata\": {{\"{new string('k', 65)}\": \"v\"}}"),
            "Invalid value for 'metadata': expected keys of 1 to 64 characters, but got one of 65 instead.", "metadata");
        Refused(With($"\"metadata\": {{\"k\": \"{new string('v', 513)}\"}}"),
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.", "metadata.k");
    }

    private static string With(string field) => $$"""{"model": "m", "training_file": "file-1", {{field}}}""";

    private static JobRequest Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JobRequestReader.Read(document.RootElement);
    }

    private static void Refused(string json, string message, string parameter)
    {
        var error = Assert.Throws<InputError>(() => Read(json));
        Assert.Equal(message, error.Message);
        Assert.Equal(parameter, error.Parameter);
    }
}
