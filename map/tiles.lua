-- Which OpenStreetMap objects stand on the base map, from which zoom, under which class.  For tilemaker 2.2.
-- The layers are named in tiles.json and drawn by web/console/map/style.ts: a change here needs one there.
--
-- Every layer has `class`; what has a name has `name` (as written on the spot) and, where it is known and
-- differs, `name_en`.  What is not listed here is left out: the map is the ground under a desk's work.

node_keys = { "addr:housenumber", "aeroway", "amenity", "place", "public_transport", "railway" }

-- class on our map, and the zoom it begins at
local road_classes = {
  motorway = { "motorway", 6 }, motorway_link = { "motorway_link", 10 },
  trunk = { "trunk", 6 }, trunk_link = { "trunk_link", 10 },
  primary = { "primary", 8 }, primary_link = { "primary_link", 11 },
  secondary = { "secondary", 9 }, secondary_link = { "secondary_link", 12 },
  tertiary = { "tertiary", 11 }, tertiary_link = { "tertiary_link", 12 },
  unclassified = { "minor", 12 }, residential = { "minor", 12 }, road = { "minor", 12 },
  living_street = { "minor", 12 }, busway = { "minor", 13 },
  service = { "service", 13 }, pedestrian = { "pedestrian", 13 }, track = { "track", 13 },
  footway = { "path", 14 }, path = { "path", 14 }, cycleway = { "path", 14 }, bridleway = { "path", 14 },
  steps = { "path", 14 },
}
-- From which zoom a road's name is wanted.
local name_zoom = { motorway = 9, trunk = 9, primary = 11, secondary = 12, tertiary = 12 }
-- Which of two roads lies over the other where they cross on one level.
local road_rank = { motorway = 9, trunk = 8, primary = 7, secondary = 6, tertiary = 5, minor = 4, service = 2 }

local rail_classes = {
  rail = { "rail", 9 }, light_rail = { "rail", 11 }, narrow_gauge = { "rail", 11 }, funicular = { "rail", 13 },
  subway = { "rail", 12 }, monorail = { "rail", 12 }, tram = { "tram", 13 },
}
local waterway_classes = { river = 8, canal = 10, stream = 12, drain = 14, ditch = 14 }
local place_classes = {
  city = 6, town = 8, suburb = 11, borough = 10, quarter = 12, village = 10, hamlet = 12, neighbourhood = 13,
  island = 11, locality = 14, square = 14,
}
local land_classes = {
  landuse = {
    forest = "wood", grass = "grass", meadow = "grass", village_green = "grass", recreation_ground = "grass",
    allotments = "grass", orchard = "grass", vineyard = "grass", cemetery = "cemetery", farmland = "farmland",
    residential = "residential", industrial = "industrial", commercial = "commercial", retail = "commercial",
    railway = "industrial", military = "military", quarry = "industrial", construction = "industrial",
  },
  natural = { wood = "wood", scrub = "grass", grassland = "grass", heath = "grass", wetland = "wetland",
    beach = "sand", sand = "sand", bare_rock = "rock", scree = "rock", glacier = "ice" },
  leisure = { park = "park", garden = "park", golf_course = "grass", pitch = "pitch", stadium = "pitch",
    nature_reserve = "wood" },
  amenity = { hospital = "hospital", school = "school", university = "school", college = "school" },
  aeroway = { aerodrome = "airfield" },
}
local poi_classes = {
  amenity = {
    hospital = { "hospital", 11 }, clinic = { "clinic", 14 }, fire_station = { "fire_station", 12 },
    police = { "police", 12 }, school = { "school", 14 }, kindergarten = { "school", 14 },
    university = { "school", 13 }, college = { "school", 13 }, townhall = { "townhall", 13 },
    bus_station = { "station", 13 }, ferry_terminal = { "station", 13 }, nursing_home = { "nursing_home", 14 },
  },
  railway = { station = { "station", 12 }, halt = { "station", 13 } },
  public_transport = { station = { "station", 13 } },
  aeroway = { aerodrome = { "airfield", 11 }, helipad = { "helipad", 13 } },
}

-- An area smaller than about two by two pixels of a zoom is left out of it.  Sides in metres at the equator.
local function zoom_of_area(area)
  local zoom, side = 6, 4892
  while zoom < 14 and area < side * side do zoom, side = zoom + 1, side / 2 end
  return zoom
end

-- The page shows `name` on Chinese screens and `name_en` or else `name` on English ones.
local function names(object)
  local name, english = object:Find("name"), object:Find("name:en")
  if name == "" then name = english end
  if name == "" then return end
  object:Attribute("name", name)
  if english ~= "" and english ~= name then object:Attribute("name_en", english) end
end

local function has_name(object) return object:Holds("name") or object:Holds("name:en") end

local function is_yes(value) return value ~= "" and value ~= "no" end

-- Both nodes and areas can be stations, hospitals, numbers of houses.
local function point(object, layer, is_node)
  if is_node then object:Layer(layer, false) else object:LayerAsCentroid(layer) end
end

local function poi(object, is_node)
  for key, classes in pairs(poi_classes) do
    local found = classes[object:Find(key)]
    if found then
      point(object, "pois", is_node)
      object:Attribute("class", found[1])
      object:MinZoom(found[2])
      names(object)
      return
    end
  end
end

local function housenumber(object, is_node)
  local number = object:Find("addr:housenumber")
  if number == "" then return end
  point(object, "housenumbers", is_node)
  object:Attribute("name", number)
  object:Attribute("class", "house")
end

function init_function() end
function exit_function() end

function node_function(node)
  local place = node:Find("place")
  if place_classes[place] and has_name(node) then
    local zoom = place_classes[place]
    node:Layer("places", false)
    node:Attribute("class", place)
    node:AttributeNumeric("population", tonumber(node:Find("population")) or 0)
    node:MinZoom(zoom)
    names(node)
  end
  poi(node, true)
  housenumber(node, true)
end

-- 1: along the line, -1: against it, 0: both ways.  Roundabouts and motorways are one-way unless they say
-- otherwise (OpenStreetMap wiki, Key:oneway).
local function oneway(way, class)
  local said = way:Find("oneway")
  if said == "yes" or said == "true" or said == "1" then return 1 end
  if said == "-1" or said == "reverse" then return -1 end
  if said == "" and (way:Find("junction") == "roundabout" or class == "motorway") then return 1 end
  return 0
end

local function level(way, rank)
  local layer = tonumber(way:Find("layer")) or 0
  if is_yes(way:Find("bridge")) then
    way:AttributeBoolean("bridge", true)
    layer = math.max(layer, 1)
  elseif is_yes(way:Find("tunnel")) then
    way:AttributeBoolean("tunnel", true)
    layer = math.min(layer, -1)
  end
  way:ZOrder(math.max(-5, math.min(5, layer)) * 10 + rank)
end

local function road(way)
  local found = road_classes[way:Find("highway")]
  if not found or way:Find("area") == "yes" then return end
  local class, zoom = found[1], found[2]
  way:Layer("roads", false)
  way:MinZoom(zoom)
  way:Attribute("class", class)
  local direction = oneway(way, class)
  if direction ~= 0 then way:AttributeNumeric("oneway", direction) end
  level(way, road_rank[class] or 1)
  local ref = way:Find("ref")
  if not has_name(way) and (ref == "" or not name_zoom[class]) then return end
  way:Layer("road_names", false)
  way:MinZoom(math.max(zoom, name_zoom[class] or 13))
  way:Attribute("class", class)
  if has_name(way) then names(way) else way:Attribute("name", ref) end
  if ref ~= "" then way:Attribute("ref", ref) end
end

local function rail(way)
  local found = rail_classes[way:Find("railway")]
  if found then
    way:Layer("roads", false)
    -- Sidings and yards are only of use close by.
    way:MinZoom(way:Holds("service") and 13 or found[2])
    way:Attribute("class", found[1])
    level(way, 3)
  elseif way:Find("route") == "ferry" then
    way:Layer("roads", false)
    way:MinZoom(10)
    way:Attribute("class", "ferry")
  end
end

-- True when the object was water: then it is no land.
local function water(way)
  local waterway, natural, landuse = way:Find("waterway"), way:Find("natural"), way:Find("landuse")
  local closed = way:IsClosed()
  local hidden = is_yes(way:Find("tunnel")) or is_yes(way:Find("covered"))
  if natural == "coastline" then
    -- Without the whole coast nothing can be filled: the shore is drawn as a line.
    way:Layer("waterways", false)
    way:Attribute("class", "coast")
    return true
  end
  if waterway_classes[waterway] and not (closed and way:Find("area") == "yes") then
    if hidden then return true end
    way:Layer("waterways", false)
    way:Attribute("class", waterway)
    way:MinZoom(waterway_classes[waterway])
    names(way)
    return true
  end
  local class
  if natural == "water" then class = way:Find("water") end
  if class == "" then class = "lake" end
  if waterway == "riverbank" then class = "river" end
  if waterway == "dock" or landuse == "reservoir" or landuse == "basin" then class = "basin" end
  if natural == "bay" then class = "bay" end
  if waterway_classes[waterway] then class = "river" end
  if not class or hidden or not closed then return class ~= nil end
  local zoom = zoom_of_area(way:Area())
  way:Layer("water", true)
  way:Attribute("class", class)
  way:MinZoom(zoom)
  if has_name(way) and class ~= "river" then
    way:LayerAsCentroid("places")
    way:Attribute("class", "water")
    way:MinZoom(math.min(14, zoom + 2))
    names(way)
  end
  return true
end

local function land(way)
  for _, key in ipairs({ "landuse", "leisure", "natural", "amenity", "aeroway" }) do
    local class = land_classes[key][way:Find(key)]
    if class then
      local zoom = math.max(8, zoom_of_area(way:Area()))
      way:Layer("landuse", true)
      way:Attribute("class", class)
      way:MinZoom(zoom)
      -- Names of housing estates and parks are how callers say where they are.
      local named = (class == "park" or class == "residential" or class == "industrial" or class == "cemetery")
      if named and has_name(way) then
        way:LayerAsCentroid("places")
        way:Attribute("class", class == "residential" and "estate" or class)
        way:MinZoom(math.max(13, zoom))
        names(way)
      end
      return
    end
  end
end

-- Borders of countries to districts: each piece once, at the highest level of those it belongs to.
function relation_scan_function(relation)
  if relation:Find("type") == "boundary" and relation:Find("boundary") == "administrative" then
    relation:Accept()
  end
end

local function boundary(way)
  local highest = 99
  while true do
    local relation = way:NextRelation()
    if not relation then break end
    highest = math.min(highest, tonumber(way:FindInRelation("admin_level")) or 99)
  end
  if highest > 8 then return end
  way:Layer("boundaries", false)
  way:Attribute("class", highest <= 2 and "country" or highest <= 4 and "province" or highest <= 6 and "county"
    or "district")
  way:MinZoom(highest <= 4 and 6 or highest <= 6 and 8 or 11)
end

function way_function(way)
  boundary(way)
  road(way)
  rail(way)
  if not water(way) then
    if way:IsClosed() then land(way) end
  end
  if way:IsClosed() then
    if is_yes(way:Find("building")) then
      way:Layer("buildings", true)
      way:Attribute("class", "building")
    end
    poi(way, false)
    housenumber(way, false)
  end
end
