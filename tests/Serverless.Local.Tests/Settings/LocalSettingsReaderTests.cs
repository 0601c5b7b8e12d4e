using Microsoft.Extensions.Configuration;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Local.Settings;

namespace Serverless.Local.Tests.Settings;

public sealed class LocalSettingsReaderTests
{
    [Fact]
    public void Without_anything_given_the_defaults_hold()
    {
        var settings = Read([], [], []);
        Assert.Equal("http://127.0.0.1:7071/", settings.Url.ToString());
        Assert.Equal("UseDevelopmentStorage=true", settings.Storage);
        Assert.Equal(Path.GetFullPath("data"), settings.Data);
        Assert.Equal(240, settings.ChunkSeconds);
    }

    [Fact]
    public void An_option_wins_over_a_variable_and_a_variable_over_the_file()
    {
        var settings = Read(
            new() { ["Serverless:Data"] = "/file", ["Serverless:ChunkSeconds"] = "10", ["Serverless:Threads"] = "1", ["Serverless:Keys:0"] = "sixteen-letters-a", ["Serverless:Keys:1"] = "sixteen-letters-b" },
            new() { ["SERVERLESS_DATA"] = "/variable", ["SERVERLESS_CHUNK_SECONDS"] = "20", ["SERVERLESS_ACCESS_KEY"] = "of other software" },
            new() { ["Data"] = "/option", ["Url"] = null });
        Assert.Equal("/option", settings.Data);
        Assert.Equal(20, settings.ChunkSeconds);
        Assert.Equal(1, settings.Threads);
        Assert.Equal(["sixteen-letters-a", "sixteen-letters-b"], settings.Keys);
    }

    [Fact]
    public void All_faults_stand_in_one_message_with_their_places()
    {
        var error = Assert.Throws<InputError>(() => Read(
            new() { ["Serverless:Prot"] = "1", ["Serverless:DropSeconds"] = "soon" },
            new() { ["SERVERLESS_THREADS"] = "0.5" },
            new() { ["Url"] = "localhost", ["Data"] = "" }));
        Assert.Equal(
            """
            settings: Serverless:Prot in appsettings.json is unknown; allowed: Url, StoragePrefix, AzuritePort, DropSeconds, Storage, Data, Models, Threads, ServedWeights, PrefixCacheMB, Keys, Teachers, AllowedHosts, AllowedOrigins, RequestsPerMinute, StreamsPerCaller, ChunkSeconds, CheckpointSeconds, PricePerGbSecond, Currency, InstanceMemoryMB, Webhooks, AllowedNetworks
            settings: --data: found nothing; leave it out for the default (data)
            settings: SERVERLESS_THREADS: found "0.5"; allowed: a whole number from 0 to 1024
            settings: --url: found "localhost"; allowed: an address such as http://127.0.0.1:7071
            settings: Serverless:DropSeconds: found "soon"; allowed: a number from 0.1 to 3600
            """,
            error.Message);
    }

    [Fact]
    public void Storage_is_a_connection_string_an_account_url_or_azurite_at_a_port()
    {
        Assert.EndsWith("BlobEndpoint=http://127.0.0.1:10077/devstoreaccount1;", Read([], new() { ["SERVERLESS_AZURITE_PORT"] = "10077" }, []).StorageAccount.ConnectionString, StringComparison.Ordinal);
        Assert.Equal("https://mine.blob.core.windows.net/", Read([], [], new() { ["Storage"] = "https://mine.blob.core.windows.net" }).StorageAccount.AccountUrl!.ToString());
        var error = Assert.Throws<InputError>(() => Read([], [], new() { ["Storage"] = "nonsense" }));
        Assert.Equal(
            "settings: storage connection string: found one that Azure Storage cannot read; allowed: the one that the Azure portal shows under 'Access keys', or UseDevelopmentStorage=true",
            error.Message);
    }

    [Fact]
    public void Weights_that_answer_stay_as_they_are_stored_or_become_8_bits()
    {
        Assert.Equal(MatrixStorage.AsStored, Read([], [], []).Hosting().Storage);
        var given = Read(new() { ["Serverless:PrefixCacheMB"] = "3" }, new() { ["SERVERLESS_SERVED_WEIGHTS"] = "int8" }, []).Hosting();
        Assert.Equal((MatrixStorage.Int8, 3L * 1024 * 1024), (given.Storage, given.PrefixBytes));
        var error = Assert.Throws<InputError>(() => Read([], new() { ["SERVERLESS_SERVED_WEIGHTS"] = "int4" }, []));
        Assert.Equal("settings: SERVERLESS_SERVED_WEIGHTS: found \"int4\"; allowed: stored, int8", error.Message);
    }

    [Fact]
    public void An_address_beyond_this_machine_needs_a_key()
    {
        var error = Assert.Throws<InputError>(() => Read([], [], new() { ["Url"] = "http://0.0.0.0:7071" }));
        Assert.Equal("settings: Keys: found none; an address other than this machine's own (http://0.0.0.0:7071/) needs at least one", error.Message);
        Assert.Single(Read([], new() { ["SERVERLESS_KEYS"] = "a-secret-of-26-characters." }, new() { ["Url"] = "http://0.0.0.0:7071" }).Keys);
    }

    [Fact]
    public void A_teacher_is_a_name_an_address_a_model_and_perhaps_a_key()
    {
        var settings = Read(
            new() { ["Serverless:Teachers:0"] = "r1 https://api.example.com/v1 deepseek-reasoner secret", ["Serverless:Teachers:1"] = "near http://localhost:8080/v1 qwen", ["Serverless:AllowedNetworks"] = "localhost" }, [], []);
        Assert.Equal(
            [new("r1", new Uri("https://api.example.com/v1"), "deepseek-reasoner", "secret"), new("near", new Uri("http://localhost:8080/v1"), "qwen", null)],
            settings.Pipeline().Teachers);
        Assert.DoesNotContain("secret", $"{settings.Teachers[0]}", StringComparison.Ordinal);
        var error = Assert.Throws<InputError>(() => Read([], new() { ["SERVERLESS_TEACHERS"] = "r1 secret,a http://a b,a http://c d" }, []));
        Assert.Equal(
            """
            settings: SERVERLESS_TEACHERS, entry 1: found 2 parts; allowed: name, address (http or https), model and, if it wants one, key, with blanks between them
            settings: SERVERLESS_TEACHERS: found the name a 2 times; allowed: once
            """,
            error.Message);
    }

    [Fact]
    public void Addresses_within_the_network_are_refused_at_the_start_unless_they_are_allowed()
    {
        var given = new Dictionary<string, string>
        {
            ["SERVERLESS_WEBHOOKS"] = "http://10.0.0.1/hook whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ["SERVERLESS_TEACHERS"] = "r1 https://api.example.com/v1 big,near http://localhost:8080/v1 qwen,odd http://me:pw@example.com/v1 big",
            ["SERVERLESS_ALLOWED_NETWORKS"] = "10.0.0.0/99",
        };
        Assert.Equal(
            """
            settings: SERVERLESS_TEACHERS, entry 2: localhost is at 127.0.0.1, a loopback address; allowed: public addresses, and those that the setting AllowedNetworks names
            settings: SERVERLESS_TEACHERS, entry 3: found a user's name or password before the host example.com; allowed: none
            settings: SERVERLESS_WEBHOOKS: found 10.0.0.1, a private address; allowed: public addresses, and those that the setting AllowedNetworks names
            settings: SERVERLESS_ALLOWED_NETWORKS: found "10.0.0.0/99"; allowed: a host such as teacher.internal, an address, or a network such as 10.1.0.0/16
            """,
            Assert.Throws<InputError>(() => Read([], given, [])).Message);
        given["SERVERLESS_ALLOWED_NETWORKS"] = "10.0.0.0/8,localhost,64:ff9b::/96";
        given["SERVERLESS_TEACHERS"] = "near http://localhost:8080/v1 qwen";
        Assert.Contains(
            "settings: SERVERLESS_ALLOWED_NETWORKS: found \"64:ff9b::/96\", behind which every IPv4 address may stand; allowed: a prefix longer than /96 there, or the networks of IPv4 themselves, such as 10.1.0.0/16",
            Assert.Throws<InputError>(() => Read([], given, [])).Message, StringComparison.Ordinal);
        given["SERVERLESS_ALLOWED_NETWORKS"] = "10.0.0.0/8,localhost";
        Assert.Single(Read([], given, []).Pipeline().Webhooks);
    }

    [Fact]
    public void A_key_that_claims_to_be_a_hash_and_is_none_is_named()
    {
        var error = Assert.Throws<InputError>(() => Read([], new() { ["SERVERLESS_KEYS"] = "laptop=sk-of-16-characters,ci=sha256:abcd" }, []));
        Assert.Equal(
            "settings: SERVERLESS_KEYS: API key 'ci': found a hash of 4 characters; allowed: 64 hexadecimal digits (SHA-256).",
            error.Message);
    }

    private static LocalSettings Read(
        Dictionary<string, string?> file, Dictionary<string, string> environment, Dictionary<string, string?> options) =>
        LocalSettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(file).Build(), environment, options);
}
